// Checkpoints as files: their names, lists and checksums, written whole or not at all. What is in them, core/state knows.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  decodeSafetensors,
  describeSystemError,
  FormatError,
  type NamedArrays,
  writeFileAtomically,
} from "@gantry/formats";
import { RunError, UsageError } from "../base/errors.js";
import type { KernelState } from "../config/kernelChoices.js";
import type { LoaderState } from "../data/loader.js";
import { checkState } from "./files.js";

/** The file of the generator's averaged weights. */
export const AVERAGE = "generator.average.safetensors";

/** Rising when what a checkpoint holds changes so that older ones cannot be read. */
const FORMAT = 1;

/** Where a training stands, beside its networks' and optimizers' tensors: plain JSON. */
export interface TrainerState {
  readonly iteration: number;
  readonly imagesSeen: number;
  /** null: no data has been read yet (a network that was trained elsewhere). */
  readonly loader: LoaderState | null;
  /** States of the training's own and of LibTorch's default generator, base64. */
  readonly random: string;
  readonly defaultRandom: string;
  /** Of the processor's default generator, where the training is on another device: some decisions are drawn there. */
  readonly processorRandom?: string | undefined;
}

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

/** Names what this process is writing: process numbers are the same in every container. */
const WRITER = randomBytes(6).toString("hex");
/** What half-written checkpoints are called. */
const WRITING = ".writing-";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** `step-000500` */
export const checkpointName = (iteration: number) => `step-${String(iteration).padStart(6, "0")}`;

/**
 * Writes a checkpoint into `folder`/step-NNNNNN, in a folder that is there: written beside and renamed into place, so that a
 * checkpoint is there whole or not at all.
 * @param files by name, all but state.json
 * @param commit called just before it takes its place; what it throws is thrown, and nothing is written
 * @returns the checkpoint's folder
 * @throws FormatError when it cannot be written (disk full, read-only)
 */
export async function writeCheckpoint(
  folder: string,
  iteration: number,
  files: ReadonlyMap<string, Uint8Array>,
  state: Omit<CheckpointState, "checksum" | "format" | "files">,
  commit: () => void = () => {},
): Promise<string> {
  const target = join(folder, checkpointName(iteration));
  const temporary = join(folder, `${WRITING}${WRITER}-${checkpointName(iteration)}`);
  const replaced = `${temporary}.replaced`;
  const whole: Omit<CheckpointState, "checksum"> = {
    format: FORMAT,
    ...state,
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)])),
  };
  try {
    await rm(temporary, { recursive: true, force: true });
    // Not the folders above it: where somebody removed the run, half a run is of no use.
    await mkdir(temporary);
    for (const [name, bytes] of files) await writeFileAtomically(join(temporary, name), bytes);
    await writeFileAtomically(join(temporary, "state.json"), new TextEncoder().encode(seal(whole)));
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

/**
 * Reads state.json of a checkpoint.
 * @throws UsageError where there is no checkpoint, RunError where it is damaged
 */
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

/** What is told of a checkpoint that has diverged. */
export const notFinite = (folder: string, what: string): string =>
  `${folder}: ${what} is not finite, since the training had diverged; use an earlier checkpoint (RUN@STEP), or train anew with a lower learning rate`;
