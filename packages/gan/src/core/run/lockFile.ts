import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { ProcessIdentity } from "./processIdentity.js";

/** What a lock's file holds, as JSON. */
export interface LockRecord {
  /** Of this one acquisition: nothing else in the world has it. */
  readonly token: string;
  /** Rises with each sign of life; of the same number of digits always, so that it is written in place. */
  readonly beat: string;
  readonly released: boolean;
  /** For people. */
  readonly host: string;
  readonly pid: number;
  readonly since: string;
  /** Undefined where the system does not tell. */
  readonly process?: ProcessIdentity | undefined;
  /** Device and inode of the lock's folder as the owner's machine sees them: a copy of a run has another. */
  readonly place: string;
}

/** The folder in a run's in which its lock lies. */
export const lockFolder = (run: string) => join(run, ".lock");

/** Files of a lock, `00000007` each: the seventh owner's. The newest counts. */
export const lockName = (generation: number) => String(generation).padStart(8, "0");

/**
 * The newest generation; undefined before the first.
 * @throws the system's error when the folder cannot be listed
 */
export function newestGeneration(folder: string): number | undefined {
  const generations = readdirSync(folder).flatMap((name) => (/^\d{8,}$/.test(name) ? [Number(name)] : []));
  return generations.length === 0 ? undefined : Math.max(...generations);
}

/** `device:inode` of a folder. */
export function placeOf(folder: string): string {
  const { dev, ino } = statSync(folder, { bigint: true });
  return `${dev}:${ino}`;
}

/** Opened anew each time: that is when a file system shared by machines asks for what others have written. */
export function readLock(folder: string, generation: number): { text: string; record?: LockRecord } {
  const text = readFileSync(join(folder, lockName(generation)), "utf8");
  try {
    return { text, record: JSON.parse(text) as LockRecord };
  } catch {
    // Just being made by its owner.
    return { text };
  }
}

/** @param flags `wx` makes it, and fails where it is; `r+` writes over it */
export function writeLock(folder: string, generation: number, record: LockRecord, flags: "wx" | "r+"): void {
  const path = join(folder, lockName(generation));
  const handle = openSync(path, flags);
  try {
    // In one call and of one length: a reader sees the old or the new.
    writeSync(handle, `${JSON.stringify(record).padEnd(LENGTH)}\n`, 0);
  } catch (error) {
    if (flags === "wx") unlinkSync(path);
    throw error;
  } finally {
    // Closing is when a shared file system hands it on.
    closeSync(handle);
  }
}

const LENGTH = 1024;

export const beatText = (beat: number) => String(beat).padStart(12, "0");

/**
 * Milliseconds since a lock's file was last written, by the clock of the file system that both times are from; undefined
 * where nothing can be written.
 */
export function ageOf(folder: string, generation: number, token: string): number | undefined {
  const probe = join(folder, `clock-${token}`);
  try {
    const handle = openSync(probe, "w");
    try {
      writeSync(handle, " ");
      return fstatSync(handle).mtimeMs - statSync(join(folder, lockName(generation))).mtimeMs;
    } finally {
      closeSync(handle);
      unlinkSync(probe);
    }
  } catch {
    return undefined;
  }
}
