import { describeTime, shortNumber } from "@gantry/gan/compare/words";
import type { RunRow, RunState } from "../../src/json.js";

export { shortNumber };

export const whole = (value: number): string => value.toLocaleString("en-US");

/** What a state means, in a word or two. */
export const STATES: Readonly<Record<RunState, string>> = {
  running: "running",
  stalled: "stalled",
  killed: "killed",
  stopped: "stopped",
  failed: "failed",
  done: "finished",
  new: "not begun",
  unreadable: "unreadable",
};

/** `4 s ago`, `3 h ago`, `12 Mar 2026` */
export function ago(time: string | null, now = Date.now()): string {
  const at = Date.parse(time ?? "");
  if (Number.isNaN(at)) return "";
  const seconds = Math.max(0, Math.round((now - at) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** `2:14`, `1:05:00` */
export const duration = (seconds: number): string => describeTime(seconds);

/** How much of a training is done, in [0, 1]; undefined where that is not known. */
export const progressOf = ({ iteration, steps }: Pick<RunRow, "iteration" | "steps">): number | undefined =>
  steps === null || steps === 0 ? undefined : Math.min(1, iteration / steps);

/** A value of a setting. */
export const valueText = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** A name as one word of a command line. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A line of a shell in words: what is in quotes is one. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"),
  );
