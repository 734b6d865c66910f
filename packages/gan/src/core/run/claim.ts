import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeSystemError, FormatError } from "@gantry/formats";
import { UsageError } from "../base/errors.js";
import { type LockOptions, RunLock } from "./lock.js";
import { lockFolder } from "./lockFile.js";

/** What a run writes into its folder. */
const PARTS = [
  "config.json",
  "checkpoints",
  "reals.png",
  "samples",
  "tensorboard",
  "events.jsonl",
  "heartbeat.json",
  "best.json",
  "trace.json",
];

/** A folder for a new run, which nobody else can begin one in: taken before anything else is done. */
export class RunClaim {
  readonly path: string;
  readonly lock: RunLock;
  /** Folders that were made for it, the outermost first. */
  readonly #made: readonly string[];

  constructor(path: string, lock: RunLock, made: readonly string[]) {
    this.path = path;
    this.lock = lock;
    this.#made = made;
  }

  /** Gives the folder up, as it was before: of a run that could not begin nothing is left. Nothing that fails is told. */
  async abandon(): Promise<void> {
    const isNew = this.#made.includes(this.path);
    // Under another name in one step: meanwhile, whoever comes finds the folder taken or none at all.
    const aside = `${this.path}.removing-${randomBytes(6).toString("hex")}`;
    try {
      if (isNew) {
        await rename(this.path, aside);
        await this.lock.release();
        await rm(aside, { recursive: true, force: true });
      } else {
        for (const part of PARTS) await rm(join(this.path, part), { recursive: true, force: true });
        await rename(lockFolder(this.path), aside);
        await this.lock.release();
        await rm(aside, { recursive: true, force: true });
      }
      for (const folder of this.#made.toReversed()) if (folder !== this.path) await rmdir(folder);
    } catch {
      // Somebody else needs them, or the disk is gone.
    } finally {
      await this.lock.release();
    }
  }
}

/**
 * Takes the folder that the user names; it may be there already, but with no run in it.
 * @throws UsageError when there is a run, or one is just being begun; FormatError when it cannot be made
 */
export async function claimRun(path: string, options: LockOptions = {}): Promise<RunClaim> {
  await refuseRun(path);
  const made: string[] = [];
  await makeFolder(path, made).catch((error: unknown) => {
    throw cannotMake(path, error);
  });
  return await lockNew(path, made, options);
}

/**
 * Takes the first free one of `base`, `base-2`, `base-3`, ...: of several at once, each gets its own.
 * @throws FormatError when none can be made
 */
export async function claimUnused(base: string, options: LockOptions = {}): Promise<RunClaim> {
  for (let number = 1; ; number++) {
    const path = numbered(base, number);
    const made: string[] = [];
    try {
      await makeFolder(dirname(path), made);
      await mkdir(path);
      made.push(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST" && (await exists(path))) continue;
      throw cannotMake(path, error);
    }
    try {
      return await lockNew(path, made, options);
    } catch (error) {
      // Somebody named this very folder in between.
      if (!(error instanceof UsageError)) throw error;
    }
  }
}

/** What {@link claimUnused} would take now. */
export async function unusedPath(base: string): Promise<string> {
  let number = 1;
  while (await exists(numbered(base, number))) number++;
  return numbered(base, number);
}

const numbered = (base: string, number: number) => (number === 1 ? base : `${base}-${number}`);

async function lockNew(path: string, made: readonly string[], options: LockOptions): Promise<RunClaim> {
  let lock: RunLock;
  try {
    lock = await RunLock.acquire(path, options);
  } catch (error) {
    for (const folder of [...made, lockFolder(path)].toReversed()) await rmdir(folder).catch(() => {});
    throw error;
  }
  try {
    // One may have been begun and ended since it was looked for.
    await refuseRun(path);
    return new RunClaim(path, lock, made);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** @throws UsageError when there is a run at a path */
export async function refuseRun(path: string): Promise<void> {
  if (await exists(join(path, "config.json")))
    throw new UsageError(
      `${path}: there is a run already; continue it with 'gantry resume ${path}', or choose another --out`,
    );
}

const cannotMake = (path: string, error: unknown): FormatError =>
  new FormatError(`cannot make the run's folder: ${describeSystemError(error)}`, {
    file: path,
    hint: "choose another --out",
    cause: error,
  });

const exists = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

/**
 * Like mkdir's own recursive way, which in Node 20 takes a read-only disk for a missing folder.
 * @param made gets the folders that were not there
 */
export async function makeFolder(path: string, made: string[] = []): Promise<void> {
  try {
    await mkdir(path);
    made.push(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      // What is no folder cannot be listed, and says so.
      await readdir(path);
      return;
    }
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path), made);
    await makeFolder(path, made);
  }
}
