import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type ArrayValue,
  decodeSafetensors,
  describeSystemError,
  encodeSafetensors,
  FormatError,
  type NamedArrays,
  writeFileAtomically,
} from "@gantry/formats";
import { scope, type Tensor, torch, version } from "@gantry/torch";
import { DivergedError, RunError, UsageError } from "../core/base/errors.js";
import { type KernelState, kernelState, recallKernels } from "./kernelChoices.js";
import { checkState } from "./runFiles.js";
import type { Trainer, TrainerState } from "./trainer.js";

/** The file of the generator's averaged weights. */
export const AVERAGE = "generator.average.safetensors";

/** Rising when what a checkpoint holds changes so that older ones cannot be read. */
const FORMAT = 1;

/** state.json of a checkpoint. */
export interface CheckpointState extends TrainerState, KernelState {
  /** SHA-256 of this very file with 64 zeros in this place; always the first key. */
  readonly checksum: string;
  readonly format: number;
  readonly torch: string;
  /** SHA-256 of every other file: a flipped byte is noticed before anything is loaded. */
  readonly files: Readonly<Record<string, string>>;
  /** Numbers (step counts, learning rates) of optimizers and terms, by file name. */
  readonly numbers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What is saved: a trainer, or whatever stands where one would. */
export type Standing = Pick<Trainer, "game" | "average" | "iteration" | "state">;

type TensorFile = { tensors: ReadonlyMap<string, Tensor>; numbers?: Readonly<Record<string, number>> };

/** Everything with tensors that a checkpoint holds, by file name. */
export function contents(trainer: Pick<Standing, "game" | "average">): Map<string, TensorFile> {
  const files = new Map<string, TensorFile>();
  for (const { name, network, optimizer } of trainer.game.players.values()) {
    files.set(`${name}.safetensors`, { tensors: network.stateDict() });
    files.set(`${name}.optimizer.safetensors`, optimizer.stateDict());
  }
  if (trainer.average !== undefined) files.set(AVERAGE, { tensors: trainer.average.stateDict() });
  for (const [name, term] of trainer.game.terms) {
    if (term.state !== undefined) files.set(`term.${name}.safetensors`, term.state.save());
  }
  return files;
}

const toArray = (tensor: Tensor): ArrayValue => ({
  dtype: tensor.dtype,
  shape: [...tensor.shape],
  data: tensor.toBytes(),
});

/** Names what this process is writing: process numbers are the same in every container. */
const WRITER = randomBytes(6).toString("hex");
/** What half-written checkpoints are called. */
const WRITING = ".writing-";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** `step-000500` */
export const checkpointName = (iteration: number) => `step-${String(iteration).padStart(6, "0")}`;

/**
 * Saves everything that continuing needs into `folder`/step-NNNNNN, in a folder that is there: written beside and renamed into place, so that a
 * checkpoint is there whole or not at all.
 * @param commit called just before it takes its place; what it throws is thrown, and nothing is written
 * @returns the checkpoint's folder
 * @throws FormatError when it cannot be written (disk full, read-only); DivergedError when a number of a network, an
 * average or an optimizer is not finite: what has diverged is no place to go on from
 */
export async function saveCheckpoint(
  trainer: Standing,
  folder: string,
  commit: () => void = () => {},
): Promise<string> {
  const target = join(folder, checkpointName(trainer.iteration));
  const temporary = join(folder, `${WRITING}${WRITER}-${checkpointName(trainer.iteration)}`);
  const replaced = `${temporary}.replaced`;
  // Serialised before anything is awaited: the training may go on while the bytes are written.
  const encoded = new Map<string, Uint8Array>();
  const numbers: Record<string, Readonly<Record<string, number>>> = {};
  for (const [name, file] of contents(trainer)) {
    if (!name.startsWith("term.")) requireFinite(name, file.tensors, trainer.iteration);
    encoded.set(
      name,
      encodeSafetensors(new Map([...file.tensors].map(([key, tensor]) => [key, toArray(tensor)]))),
    );
    if (file.numbers !== undefined) numbers[name] = file.numbers;
  }
  const state: Omit<CheckpointState, "checksum"> = {
    format: FORMAT,
    torch: version(),
    ...kernelState(),
    ...trainer.state(),
    numbers,
    files: Object.fromEntries([...encoded].map(([name, bytes]) => [name, sha256(bytes)])),
  };
  try {
    await rm(temporary, { recursive: true, force: true });
    // Not the folders above it: where somebody removed the run, half a run is of no use.
    await mkdir(temporary);
    for (const [name, bytes] of encoded) await writeFileAtomically(join(temporary, name), bytes);
    await writeFileAtomically(join(temporary, "state.json"), new TextEncoder().encode(seal(state)));
    commit();
    // A folder cannot be renamed over a full one: an older checkpoint of the same iteration is moved out of the way.
    await rename(target, replaced).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(temporary, target);
    await syncFolder(folder);
    await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rename(replaced, target).catch(() => {});
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    if (error instanceof Error && "syscall" in error)
      throw new FormatError(`cannot write: ${describeSystemError(error)}`, { file: target, cause: error });
    throw error;
  }
  return target;
}

/** @throws DivergedError naming the first tensor with a number that is none */
function requireFinite(file: string, tensors: ReadonlyMap<string, Tensor>, iteration: number): void {
  const what = findNotFinite(tensors);
  if (what !== undefined)
    throw new DivergedError(
      `iteration ${iteration}: ${what} of the ${file.replace(/(\.optimizer)?\.safetensors$/, (_, optimizer) => (optimizer === undefined ? "" : "'s optimizer"))} is not finite: the training has diverged`,
      iteration,
    );
}

/** The name of the first tensor that holds NaN or infinity; undefined for none. */
export function findNotFinite(tensors: ReadonlyMap<string, Tensor>): string | undefined {
  return scope(() => {
    const floating = [...tensors].filter(([, tensor]) => tensor.dtype.includes("float") && tensor.numel > 0);
    if (floating.length === 0) return undefined;
    // All answers in one transfer.
    const finite = torch.stack(floating.map(([, tensor]) => tensor.detach().isfinite().all())).toNumbers();
    const at = finite.indexOf(0);
    return floating[at]?.[0];
  });
}

const NO_CHECKSUM = "0".repeat(64);

/** A state as text that carries its own checksum. */
function seal(state: Omit<CheckpointState, "checksum">): string {
  const text = `${JSON.stringify({ checksum: NO_CHECKSUM, ...state }, null, 1)}\n`;
  return text.replace(NO_CHECKSUM, sha256(new TextEncoder().encode(text)));
}

/** Whether a sealed text is as it was written, to the byte. */
function isSealed(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString("latin1");
  const checksum = /^\{\n "checksum": "([0-9a-f]{64})"/.exec(text)?.[1];
  if (checksum === undefined) return false;
  return sha256(Buffer.from(text.replace(checksum, NO_CHECKSUM), "latin1")) === checksum;
}

/** A rename is only as lasting as the folder's own entry. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Iterations of the whole checkpoints in a folder, ascending. Leftovers of a killed writer are not among them. */
export async function listCheckpoints(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .flatMap((name) => /^step-(\d{6,})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Deletes all but the newest `keep` checkpoints.
 * @param spared iterations that stay, whatever their age
 * @param until checkpoints of later iterations go too: a run that went on from here leaves them
 */
export async function pruneCheckpoints(
  folder: string,
  keep: number,
  spared: ReadonlySet<number> = new Set(),
  until = Infinity,
): Promise<void> {
  const iterations = await listCheckpoints(folder);
  const standing = iterations.filter((iteration) => iteration <= until);
  const kept = new Set([...standing.slice(-keep), ...standing.filter((iteration) => spared.has(iteration))]);
  const doomed = iterations.filter((iteration) => !kept.has(iteration)).map(checkpointName);
  for (const name of doomed) await rm(join(folder, name), { recursive: true, force: true });
}

/** Deletes the half-written checkpoints that killed writers left behind. Only for who alone may write here. */
export async function sweepCheckpoints(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(WRITING) && !name.startsWith(`${WRITING}${WRITER}-`))
      await rm(join(folder, name), { recursive: true, force: true });
}

export async function readChecked(path: string, digest: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new RunError(`${path}: a file of the checkpoint is missing; use another checkpoint (RUN@STEP)`, {
      cause: error,
    });
  }
  if (sha256(bytes) !== digest) {
    throw new RunError(
      `${path}: the file is damaged (its checksum is not the recorded one); use another checkpoint (RUN@STEP)`,
    );
  }
  return bytes;
}

/** Reads state.json of a checkpoint. @throws UsageError where there is no checkpoint, RunError where it is damaged */
export async function readState(folder: string): Promise<CheckpointState> {
  const path = join(folder, "state.json");
  const present = await stat(path).catch(() => undefined);
  if (present === undefined) throw new UsageError(`${folder}: not a checkpoint (no state.json)`);
  const bytes = await readFile(path);
  if (!isSealed(bytes)) {
    throw new RunError(
      `${path}: the file is damaged (its checksum is not the recorded one); use another checkpoint (RUN@STEP)`,
    );
  }
  const state = checkState(path, JSON.parse(bytes.toString("utf8"))) as CheckpointState;
  if (state.format !== FORMAT) {
    throw new UsageError(
      `${path}: written by another version of Gantry (format ${state.format}, this one reads ${FORMAT})`,
    );
  }
  return state;
}

/**
 * The arrays of one file of a checkpoint, checked against its checksum; undefined when it has no such file.
 * @throws UsageError where there is no checkpoint, RunError naming the damaged file
 */
export async function readCheckpointFile(folder: string, name: string): Promise<NamedArrays | undefined> {
  const digest = (await readState(folder)).files[name];
  if (digest === undefined) return undefined;
  const path = join(folder, name);
  return decodeSafetensors(await readChecked(path, digest), path).arrays;
}

/** The tensors of one file of a checkpoint, checked against its checksum; owned by the current scope. */
export function toTensors(bytes: Uint8Array, path: string): Map<string, Tensor> {
  const { arrays } = decodeSafetensors(bytes, path);
  return new Map(
    [...arrays].map(([name, array]) => [name, torch.fromBytes(array.data, array.shape, array.dtype)]),
  );
}

/**
 * Loads a checkpoint into a trainer: every file is read and checked against its checksum before anything is changed. A
 * trainer that averages and a checkpoint without an average (a fork) begin averaging at the checkpoint's weights.
 * @param data `other`: the trainer's data set is not the one that was trained on; its order begins anew
 * @throws UsageError, RunError naming the damaged file, what has diverged, or what of the configuration does not fit; the
 * trainer is of no more use then
 */
export async function loadCheckpoint(
  trainer: Trainer,
  folder: string,
  data: "same" | "other" = "same",
): Promise<void> {
  const state = await readState(folder);
  recallKernels(state);
  const wanted = contents(trainer);
  const read = new Map<string, Uint8Array>();
  for (const name of wanted.keys()) {
    const digest = state.files[name];
    if (digest === undefined && name === AVERAGE) continue;
    if (digest === undefined)
      throw new UsageError(`${folder}: the checkpoint has no ${name}; its run was configured otherwise`);
    read.set(name, await readChecked(join(folder, name), digest));
  }
  scope(() => {
    const load = (name: string) => toTensors(read.get(name) as Uint8Array, join(folder, name));
    try {
      for (const { name, network, optimizer } of trainer.game.players.values()) {
        network.loadStateDict(load(`${name}.safetensors`));
        const file = `${name}.optimizer.safetensors`;
        optimizer.loadStateDict({ tensors: load(file), numbers: state.numbers[file] ?? {} });
      }
      if (read.has(AVERAGE)) trainer.average?.loadStateDict(load(AVERAGE));
      else trainer.average?.restart();
      for (const [name, term] of trainer.game.terms) {
        const file = `term.${name}.safetensors`;
        term.state?.load({ tensors: load(file), numbers: { ...state.numbers[file] } });
      }
      requireFiniteCheckpoint(trainer, folder);
    } catch (error) {
      if (error instanceof FormatError || error instanceof RunError) throw error;
      throw new UsageError(
        `${folder}: the checkpoint does not fit the configuration: ${(error as Error).message}`,
        { cause: error },
      );
    }
  });
  await trainer.restore(state, data);
}

/** @throws RunError for networks that have diverged: an older version of Gantry saved them */
export function requireFiniteCheckpoint(trainer: Trainer, folder: string): void {
  for (const { name, network } of trainer.game.players.values()) {
    const what = findNotFinite(network.stateDict());
    if (what !== undefined) throw new RunError(notFinite(folder, `${what} of the ${name}`));
  }
}

/** What is told of a checkpoint that has diverged. */
export const notFinite = (folder: string, what: string): string =>
  `${folder}: ${what} is not finite, since the training had diverged; use an earlier checkpoint (RUN@STEP), or train anew with a lower learning rate`;
