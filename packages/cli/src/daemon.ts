import { fstatSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { isatty } from "node:tty";

/**
 * Whether this process is to outlive its terminal: then a hangup (SIGHUP) is no wish to stop. `nohup` says so by having
 * the signal ignored, of which Node tells nothing: it takes that back before any of a program's own lines run. What
 * nohup leaves are the name of the command in the environment of bash and zsh (`_`), a standard input that can only be
 * written to, and nohup.out. Where all three streams are files or nothing, nobody's terminal can be closed at all.
 */
export function isDaemon(): boolean {
  if ([0, 1, 2].some((stream) => isatty(stream))) return false;
  return (
    basename(process.env._ ?? "") === "nohup" ||
    isWriteOnly(0) ||
    basename(targetOf(1)) === "nohup.out" ||
    (isNothing(0) && isFile(1) && isFile(2))
  );
}

/** What a stream is, by name; empty where the system does not tell. */
function targetOf(stream: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${stream}`);
  } catch {
    return "";
  }
}

function isWriteOnly(stream: number): boolean {
  try {
    const [, flags = "0"] =
      /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${stream}`, "utf8")) ?? [];
    return (Number.parseInt(flags, 8) & 3) === 1 && isNothing(stream);
  } catch {
    return false;
  }
}

const isNothing = (stream: number): boolean => targetOf(stream) === "/dev/null";

function isFile(stream: number): boolean {
  try {
    return fstatSync(stream).isFile();
  } catch {
    return false;
  }
}
