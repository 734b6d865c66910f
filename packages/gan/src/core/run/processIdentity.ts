import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names one process among all that the kernels of this world ever ran, as far as a kernel tells: its number alone is
 * given again, and is the same in every container.
 */
export interface ProcessIdentity {
  readonly host: string;
  /** The kernel's own name for the time since it started. */
  readonly boot: string;
  /** Whose process numbers, and whose clock, the others count in. */
  readonly namespaces: string;
  readonly pid: number;
  /** When it began, in ticks since the kernel did. */
  readonly start: string;
}

/** What /proc tells of a process behind its name, which may hold anything: the state comes first. */
function statOf(name: string): { state: string; threads: number; start: string } {
  const text = readFileSync(`/proc/${name}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", threads: Number(fields[17]), start: fields[19] ?? "" };
}

/** This process; undefined where the system does not tell (no Linux, or a /proc of other processes than ours). */
export function ownIdentity(): ProcessIdentity | undefined {
  try {
    if (readlinkSync("/proc/self") !== String(process.pid)) return undefined;
    const namespaces = ["pid", "time"].map((kind) => readlinkSync(`/proc/self/ns/${kind}`)).join();
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return { host: hostname(), boot, namespaces, pid: process.pid, start: statOf("self").start };
  } catch {
    return undefined;
  }
}

/** Whether a process lives: only said where it is certain. */
export function lifeOf(identity: ProcessIdentity | undefined): "alive" | "dead" | "unknown" {
  const own = ownIdentity();
  if (
    own === undefined ||
    identity === undefined ||
    identity.boot !== own.boot ||
    identity.namespaces !== own.namespaces ||
    identity.host !== own.host
  )
    return "unknown";
  try {
    const { state, threads, start } = statOf(String(identity.pid));
    if (start !== identity.start) return "dead";
    // Nobody has asked after its end yet. Its other threads may outlive the first by a moment, in which they still write.
    return "ZX".includes(state) && !(threads > 1) ? "dead" : "alive";
  } catch {
    return isThere(identity.pid) ? "unknown" : "dead";
  }
}

/** Where /proc hides other people's processes, signals still tell that they are there. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
