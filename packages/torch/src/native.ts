import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { addonFile, checkBuild, explainLoading } from "./built.js";
import { TorchError } from "./errors.js";
import type { TypedArray } from "./types.js";

/**
 * What the C++ addon exports: the only door to LibTorch. Tensors and generators are numbers here (see
 * native/env.h); everything friendlier is built over it in this package.
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
  free(tensors: number | readonly number[]): void;
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
  getGeneratorState(generator: number): number;
  setGeneratorState(generator: number, state: number): void;
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
  /** No single tensor may take more bytes; undefined lifts the limit. */
  setAllocationLimit(bytes: number | undefined): void;
  setErrorClass(errorClass: typeof TorchError): void;
}

function load(): Native {
  checkBuild();
  // Threads that wait for each other spin; left to its default, GNU OpenMP spins so long that a busy machine slows
  // training tenfold. It reads its settings once, when LibTorch is loaded.
  process.env.GOMP_SPINCOUNT ??= "4000";
  // Debian 13's LibTorch brings UCX along (by way of MPI), which would take over the signals of the whole process.
  process.env.UCX_HANDLE_ERRORS ??= "none";
  let addon: Native;
  try {
    addon = createRequire(import.meta.url)(addonFile) as Native;
  } catch (error) {
    throw new TorchError(explainLoading(error));
  }
  addon.setErrorClass(TorchError);
  // Debian's build starts with one thread. An explicit wish of the user's in the environment goes first.
  if (process.env.OMP_NUM_THREADS === undefined) addon.setThreads(availableParallelism());
  return addon;
}

export const native = load();
