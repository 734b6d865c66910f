import { readFileSync, readlinkSync } from "node:fs";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";

/** Milliseconds between two signs of life, and after which a claim without one is nobody's. */
const BEAT = 5_000;
const DEAD = 60_000;
/** Milliseconds between two looks at somebody else's claim. */
const LOOK = 500;

/** A file that says who is at work. */
export interface Claim {
  /** Gives it up. */
  release(): Promise<void>;
}

/**
 * Waits until this process alone may work at what `file` stands for. The claim of a process that has died is taken: at
 * once where it can be seen that it has, else a minute after its last sign of life.
 *
 * @param onWait called while somebody else works at it
 * @returns the claim, or undefined where `isDone` became true meanwhile
 */
export async function claim(
  file: string,
  isDone: () => Promise<boolean>,
  onWait: () => void,
  signal: AbortSignal | undefined,
): Promise<Claim | undefined> {
  for (;;) {
    const own = await tryClaim(file);
    if (own !== undefined) return own;
    if (await isDone()) return undefined;
    onWait();
    await setTimeout(LOOK, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  }
}

async function tryClaim(file: string): Promise<Claim | undefined> {
  const me = identity();
  try {
    const handle = await open(file, "wx");
    await handle.writeFile(JSON.stringify(me)).finally(() => handle.close());
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    await removeAbandoned(file);
    return undefined;
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, BEAT);
  beat.unref();
  return {
    release: async () => {
      clearInterval(beat);
      await rm(file, { force: true });
    },
  };
}

interface Identity {
  /** What tells this machine, since it was started, and this container from all others; a process number means one process in it. */
  readonly place: string;
  readonly pid: number;
}

function identity(): Identity {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { place: `${boot} ${readlinkSync("/proc/self/ns/pid")}`, pid: process.pid };
  } catch {
    // No Linux: then there are no containers that share a name either.
    return { place: hostname(), pid: process.pid };
  }
}

/** Takes a dead process's claim away, and no other: somebody may have been quicker, and have put up a new one. */
async function removeAbandoned(file: string): Promise<void> {
  const status = await stat(file).catch(() => undefined);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (status === undefined || text === undefined) return;
  if (Date.now() - status.mtimeMs < DEAD && !isDead(text)) return;
  const aside = `${file}.${process.pid}`;
  try {
    await rename(file, aside);
    if ((await stat(aside)).ino === status.ino) await rm(aside, { force: true });
    else await rename(aside, file);
  } catch {
    // Somebody else has done it.
  }
}

function isDead(text: string): boolean {
  try {
    const owner = JSON.parse(text) as Identity;
    if (owner.place !== identity().place) return false;
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
