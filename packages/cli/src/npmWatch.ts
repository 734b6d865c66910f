import { readFileSync } from "node:fs";

/** Milliseconds between looks. */
const INTERVAL = 250;

/**
 * Watches for the end of npm, where npm (or npx) started this process: as the child of a shell, which passes no signal on,
 * so that whoever ends npm ends only those two.
 * @param onEnd called once
 * @returns what to clear when it does not matter any more; undefined where npm has no part in it
 */
export function watchNpm(onEnd: () => void): NodeJS.Timeout | undefined {
  const { npm_execpath, npm_command } = process.env;
  const parent = process.ppid;
  if ((npm_execpath === undefined && npm_command === undefined) || parent === 1) return undefined;
  const above = processOf(parent);
  // Killed outright, npm leaves the shell behind, which waits for this process.
  const npm = above !== undefined && isNpm(processOf(above.parent)?.name) ? above.parent : undefined;
  const timer = setInterval(() => {
    const isThere = process.ppid === parent && (npm === undefined || processOf(parent)?.parent === npm);
    if (isThere) return;
    clearInterval(timer);
    // What ended npm may be on its way to this process, too.
    setTimeout(onEnd, INTERVAL).unref();
  }, INTERVAL);
  return timer.unref();
}

/** npm names itself by what it was asked for: `npm exec gantry`. */
const isNpm = (name = "") => /^(npm|npx|node)\b/.test(name);

/** A process's name and parent, where the system tells. */
function processOf(pid: number): { name: string; parent: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const end = text.lastIndexOf(")");
    return {
      name: text.slice(text.indexOf("(") + 1, end),
      parent: Number(text.slice(end + 2).split(" ")[1]),
    };
  } catch {
    return undefined;
  }
}
