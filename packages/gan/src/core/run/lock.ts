import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describeSystemError, FormatError } from "@gantry/formats";
import { RunError, UsageError } from "../base/errors.js";
import type { BeatOrder } from "./lockBeat.js";
import {
  ageOf,
  beatText,
  type LockRecord,
  lockFolder,
  lockName,
  newestGeneration,
  placeOf,
  readLock,
  writeLock,
} from "./lockFile.js";
import { lifeOf, ownIdentity } from "./processIdentity.js";

export interface LockOptions {
  /** Aborting it gives up waiting, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once with a line about why it takes a while. */
  readonly onWait?: ((message: string) => void) | undefined;
  /** Only tests are in a hurry. */
  readonly pace?: LockPace | undefined;
}

/** All in milliseconds. */
export interface LockPace {
  /** Between an owner's signs of life. */
  readonly beat: number;
  /** Without a sign of life for so long, an owner is taken for dead. */
  readonly patience: number;
  /** Where the file system itself knows that the last sign is as old as that, so long a look makes sure of it. */
  readonly look: number;
}

const PACE: LockPace = { beat: 2000, patience: 60_000, look: 10_000 };
/** Milliseconds between looks at somebody else's lock. */
const INTERVAL = 200;

/** Somebody else has taken the run over. */
export class RunTakenError extends RunError {}

/**
 * The right to write into a run's folder: one process at a time has it, and keeps it for as long as it lives.
 *
 * The folder `.lock` holds a file for the newest owner, numbered one above the one before it. It is made by an exclusive
 * `open`, which one of several succeeds in, and it is never removed but by a later owner: whoever decides by an old look
 * that an owner is dead finds the next number taken. An owner that is gone is told by the kernel where it ran under the
 * same one. Otherwise its signs of life are watched by the watcher's own clock: machines that share a disk share neither
 * clocks nor process numbers, and containers may have the same of both.
 */
export class RunLock {
  readonly #run: string;
  readonly #generation: number;
  readonly #record: LockRecord;
  readonly #worker: Worker;
  #lost = false;
  #released = false;

  private constructor(run: string, generation: number, record: LockRecord, interval: number) {
    this.#run = run;
    this.#generation = generation;
    this.#record = record;
    const order: BeatOrder = { folder: lockFolder(run), generation, record, interval };
    // Without the process's own flags: some make a thread fail.
    this.#worker = new Worker(new URL("./lockBeat.js", import.meta.url), { workerData: order, execArgv: [] });
    this.#worker.on("message", () => {
      this.#lost = true;
    });
    // Without it the lock is still held by who the kernel says lives.
    this.#worker.on("error", () => {});
    // Behind the listeners, which would hold the process again.
    this.#worker.unref();
  }

  /**
   * Waits at most a minute, for an owner of whom it cannot be told at once whether it lives.
   * @param run the run's folder, which exists
   * @throws UsageError when somebody else writes there; FormatError when nothing can be written; the signal's reason
   */
  static async acquire(run: string, options: LockOptions = {}): Promise<RunLock> {
    const folder = lockFolder(run);
    for (;;) {
      try {
        makeLockFolder(folder);
        const before = newestGeneration(folder);
        if (before !== undefined && !(await isFree(run, before, options))) continue;
        const generation = (before ?? 0) + 1;
        const record: LockRecord = {
          token: randomBytes(12).toString("hex"),
          beat: beatText(0),
          released: false,
          host: hostname(),
          pid: process.pid,
          since: new Date().toISOString(),
          process: ownIdentity(),
          place: placeOf(folder),
        };
        writeLock(folder, generation, record, "wx");
        // Somebody was a whole ownership further meanwhile.
        if (newestGeneration(folder) !== generation) {
          unlinkSync(join(folder, lockName(generation)));
          continue;
        }
        for (const name of readdirSync(folder))
          if (/^\d{8,}$/.test(name) && Number(name) < generation) unlinkSync(join(folder, name));
        return new RunLock(run, generation, record, (options.pace ?? PACE).beat);
      } catch (error) {
        const { code, syscall } = error as NodeJS.ErrnoException;
        // Another one was quicker: look again, but not all of them in step.
        if (code === "EEXIST" || (code === "ENOENT" && existsSync(folder))) {
          await setTimeout(1 + 20 * Math.random());
          continue;
        }
        if (syscall === undefined) throw error;
        throw new FormatError(`cannot lock the run: ${describeSystemError(error)}`, {
          file: run,
          cause: error,
        });
      }
    }
  }

  /** @throws RunTakenError when somebody else has taken the run over: this process gave no sign of life for a minute */
  requireHeld(): void {
    const folder = lockFolder(this.#run);
    try {
      if ((newestGeneration(folder) ?? 0) > this.#generation) this.#lost = true;
      if (readLock(folder, this.#generation).record?.token !== this.#record.token) this.#lost = true;
    } catch {
      // Nobody has it where there is no folder; what cannot be written there tells why.
    }
    if (this.#lost)
      throw new RunTakenError(
        `${this.#run}: another process goes on with this run, since this one gave no sign of life for a minute; it ends here and writes nothing more`,
      );
  }

  get isLost(): boolean {
    return this.#lost;
  }

  /** Lets others have it. Calling it again does nothing. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    await this.#worker.terminate();
    if (this.#lost) return;
    try {
      const folder = lockFolder(this.#run);
      if (readLock(folder, this.#generation).record?.token === this.#record.token)
        writeLock(folder, this.#generation, { ...this.#record, released: true }, "r+");
    } catch {
      // Gone, or not to be written: this process ends, and with it the lock.
    }
  }
}

/** Who writes into a run. */
export interface LockHolder {
  /** `alive` and `dead` are certain; `free`: it has let go of the run. */
  readonly life: "alive" | "dead" | "unknown" | "free";
  /** Its process, on the machine and in the container that it runs in. */
  readonly pid?: number | undefined;
}

/** Who writes into a run now, as far as can be told at once; undefined when nobody ever locked it. */
export function lockHolder(run: string): LockHolder | undefined {
  try {
    const folder = lockFolder(run);
    const newest = newestGeneration(folder);
    if (newest === undefined) return undefined;
    const { record } = readLock(folder, newest);
    if (record?.released === true) return { life: "free" };
    return { life: lifeAt(folder, record), pid: record?.pid };
  } catch {
    return undefined;
  }
}

/** A lock that was copied with its run still names a living owner, who is another run's. */
function lifeAt(folder: string, record: LockRecord | undefined): "alive" | "dead" | "unknown" {
  const life = lifeOf(record?.process);
  return life === "alive" && record?.place !== placeOf(folder) ? "unknown" : life;
}

/**
 * Whether a lock may be followed by the next: its owner has let go of it, or is dead.
 * @returns false when it is no longer the newest
 * @throws UsageError when its owner lives
 */
async function isFree(run: string, generation: number, options: LockOptions): Promise<boolean> {
  const folder = lockFolder(run);
  const first = readLock(folder, generation);
  if (first.record?.released === true) return true;
  const life = lifeAt(folder, first.record);
  if (life === "dead") return true;
  if (life === "alive") throw busy(run, first.record);
  const { patience, look } = options.pace ?? PACE;
  const probe = randomBytes(8).toString("hex");
  let told = false;
  for (const began = performance.now(); ; ) {
    await setTimeout(INTERVAL, undefined, { signal: options.signal }).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw error;
    });
    if (newestGeneration(folder) !== generation) return false;
    const { text, record } = readLock(folder, generation);
    if (record?.released === true) return true;
    if (text !== first.text) throw busy(run, record);
    const elapsed = performance.now() - began;
    if (elapsed >= patience) return true;
    if (elapsed >= look && (ageOf(folder, generation, probe) ?? 0) >= patience) return true;
    if (told) continue;
    told = true;
    options.onWait?.(
      `${run}: looking for up to a minute whether ${whoIs(first.record)}, which had it last, still lives`,
    );
  }
}

const whoIs = (record: LockRecord | undefined) =>
  record === undefined ? "the process" : `process ${record.pid} on ${record.host}`;

function busy(run: string, record: LockRecord | undefined): UsageError {
  const since = record === undefined ? "" : `, since ${record.since}`;
  return new UsageError(
    `${run}: being written by ${whoIs(record)}${since}; stop that first, or choose another folder`,
  );
}

function makeLockFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
