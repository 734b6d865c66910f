import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { addonFile } from "#scripts/installation.mjs";
import { placePrebuilt } from "#scripts/prebuilt.mjs";
import { checkBuild, explainLoading } from "./built.js";
import { TorchError } from "./errors.js";
import { machine, memoryGroups } from "./limits.js";
import type { TypedArray } from "./types.js";

/**
 * What the C++ addon exports: the only door to LibTorch. Tensors and generators are numbers here (see
 * native/bindings/env.h); everything friendlier is built over it in this package.
 */
export interface Native {
  resolve(name: string, overload: string): number;
  call(operator: number, ...args: unknown[]): unknown;
  schemas(name: string): string[];
  fromBytes(data: TypedArray, shape: readonly number[], dtype: string): number;
  copyTo(tensor: number, into: TypedArray): void;
  item(tensor: number): number;
  shape(tensor: number): number[];
  strides(tensor: number): number[];
  dtype(tensor: number): string;
  device(tensor: number): string;
  requiresGrad(tensor: number): boolean;
  setRequiresGrad(tensor: number, flag: boolean): void;
  isLeaf(tensor: number): boolean;
  isContiguous(tensor: number, format: string): boolean;
  alias(tensor: number): number;
  assign(tensor: number, other: number): void;
  /** @param outside whether no scope is under way: V8 is then told of native memory, see native/bindings/collector.cc */
  free(tensors: number | readonly number[], outside?: boolean): void;
  /**
   * The tensor is freed when `object` is lost; undefined: no more.
   * @param outside as for free()
   */
  watch(tensor: number, object: object | undefined, outside: boolean): void;
  /**
   * Gives memory back that is kept for tensors, if none came for a second.
   * @returns whether some is still kept
   */
  rest(): boolean;
  liveCount(): number;
  liveBytes(): number;
  grad(
    outputs: readonly number[],
    inputs: readonly number[],
    gradOutputs: readonly number[] | undefined,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): (number | null)[];
  setGradEnabled(enabled: boolean): boolean;
  makeGenerator(device: string): number;
  defaultGenerator(device: string): number;
  seedGenerator(generator: number, seed: number | bigint): void;
  getGeneratorState(generator: number): Uint8Array;
  setGeneratorState(generator: number, state: Uint8Array): void;
  freeGenerator(generator: number): void;
  version(): string;
  /** The file that LibTorch was loaded from. */
  library(): string;
  describe(): string;
  threads(): number;
  setThreads(count: number): void;
  hasMatrixUnit(): boolean;
  hasBfloat16(): boolean;
  setConvolutions(matrixUnit: boolean, winograd: boolean): void;
  keepChoices(path: string): void;
  recallChoices(lines: string): void;
  metChoices(): string;
  deviceCount(kind: string): number;
  enterAutocast(device: string, dtype: string): [boolean, string];
  leaveAutocast(device: string, enabled: boolean, dtype: string): void;
  /** Whether gloo's headers were there when this was built; without, the functions of groups below are not. */
  hasGroups(): boolean;
  joinGroup(place: {
    host: string;
    port: number;
    rank: number;
    size: number;
    serves: boolean;
    prefix: string;
    address: string;
    interface: string;
    patience: number;
    timeout: number;
  }): Promise<void>;
  leaveGroup(): void;
  /** In place, the sum over all processes. */
  allReduce(tensor: number): Promise<void>;
  /** A new tensor, the sum over all processes, with its graph; waits in this thread. */
  sumOverRanks(tensor: number): number;
  /** In place, the tensor of rank `from`. */
  broadcast(tensor: number, from: number): Promise<void>;
  /** The type of tensors that are made without one. */
  setDefaultDtype(dtype: string): void;
  /** No single tensor may take more bytes; undefined lifts the limit. */
  setAllocationLimit(bytes: number | undefined): void;
  /** Files of limits, of what is used, of its kinds, and the name of the kind that is taken back: see limits.ts. */
  setMemoryGroups(groups: readonly (readonly [string, string, string, string])[]): void;
  /** Bytes that can still be used before processes are killed; undefined where the system does not tell. */
  availableMemory(): number | undefined;
  setErrorClass(errorClass: typeof TorchError): void;
}

/** Environment variables that libraries read once, when LibTorch is loaded. An explicit wish of the user's goes first. */
const LOADING = {
  // Threads that wait for each other spin; left to its default, GNU OpenMP spins so long that a busy machine slows
  // training tenfold.
  GOMP_SPINCOUNT: "4000",
  // Debian 13's LibTorch brings UCX along (by way of MPI), which sets itself up in every process that loads it. Gantry
  // uses none of it. UCX would take over the signals of faults,
  UCX_HANDLE_ERRORS: "none",
  // and SIGHUP;
  UCX_DEBUG_SIGNO: "0",
  // rewrite the C library's mmap() and sbrk(), and try that out by growing the heap by a page and shrinking it again. Where
  // V8's code begins right behind the heap, as in one process of a hundred, it does not grow and is shrunk all the same: the
  // last page of it is lost while it is in use;
  UCX_MEM_EVENTS: "n",
  // and start a thread that offers its counters to a daemon.
  UCX_VFS_ENABLE: "n",
  // What goes wrong between processes is told by an error, in one line; c10d would tell each try to connect, by glog or, in
  // PyTorch's wheel, in its own way.
  GLOG_minloglevel: "3",
  TORCH_CPP_LOG_LEVEL: "FATAL",
};

/** The first use of an addon that was built elsewhere chooses the one for the LibTorch found here. */
function choosePrebuilt(): void {
  if (existsSync(addonFile)) return;
  try {
    placePrebuilt();
  } catch {
    // Nothing could be written here; what helps is what helps where there is none.
  }
}

function load(): Native {
  choosePrebuilt();
  checkBuild();
  for (const [name, value] of Object.entries(LOADING)) process.env[name] ??= value;
  let addon: Native;
  try {
    addon = createRequire(import.meta.url)(addonFile) as Native;
  } catch (error) {
    throw new TorchError(explainLoading(error));
  }
  addon.setErrorClass(TorchError);
  addon.setMemoryGroups(
    memoryGroups().map(({ limit, used, kinds, reclaimable }) => [limit, used, kinds, reclaimable]),
  );
  // Debian's build starts with one thread. An explicit wish of the user's in the environment goes first.
  if (process.env.OMP_NUM_THREADS === undefined) addon.setThreads(machine().threads);
  return addon;
}

export const native = load();
