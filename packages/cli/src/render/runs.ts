import type { RunOverview } from "@gantry/gan/run";
import { count, duration, scalar } from "./format.js";
import type { Style } from "./style.js";

/** Those that do something first, then by the last sign of life, the latest first. */
export function inOrder(runs: readonly RunOverview[]): RunOverview[] {
  const rank = ({ state }: RunOverview) => (state === "running" ? 0 : state === "stalled" ? 1 : 2);
  const time = ({ seen }: RunOverview) => seen ?? "";
  return [...runs].sort(
    (a, b) => rank(a) - rank(b) || (time(a) < time(b) ? 1 : -1) || (a.path < b.path ? -1 : 1),
  );
}

/** `3 running, 1 stalled, 12 finished` */
export function describeStates(runs: readonly RunOverview[]): string {
  const counts = new Map<string, number>();
  for (const { state } of runs) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, number]) => `${count(number)} ${state}`).join(", ");
}

/** `1,200 of 3,000 (40 %)` */
const describeIteration = ({ iteration, steps }: RunOverview): string =>
  steps === null || steps === 0
    ? count(iteration)
    : `${count(iteration)} of ${count(steps)} (${Math.floor((100 * iteration) / steps)} %)`;

function describeAge({ seen }: RunOverview, now: number): string {
  if (seen === null) return "-";
  const seconds = Math.max(0, (now - Date.parse(seen)) / 1000);
  if (seconds < 5) return "now";
  const days = Math.floor(seconds / 86_400);
  return days > 0 ? `${count(days)} d ago` : `${duration(seconds)} ago`;
}

const describeScore = ({ score }: RunOverview): string =>
  score === null ? "-" : `${score.name} ${scalar(score.value)}`;

/** `collapse at 300, exploding norms at 900` */
const describeFindings = ({ findings }: RunOverview): string =>
  findings.map(({ name, iteration }) => `${name} at ${count(iteration)}`).join(", ");

const HEAD = ["run", "state", "iteration", "seen", "score", "findings"];

/**
 * A table of runs, a line each.
 * @param options width: characters of a line; what is longer is cut. now: milliseconds since 1970. style: default none
 */
export function runTable(
  runs: readonly RunOverview[],
  { width, now, style }: { readonly width: number; readonly now: number; readonly style?: Style },
): string[] {
  const rows = runs.map((run) => [
    run.path,
    run.state,
    describeIteration(run),
    describeAge(run, now),
    describeScore(run),
    describeFindings(run),
  ]);
  const widths = HEAD.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd()
      .slice(0, width);
  return [
    style?.dim(line(HEAD)) ?? line(HEAD),
    ...rows.map((row, i) => {
      const state = runs[i]?.state;
      const text = line(row);
      if (state === "running") return style?.good(text) ?? text;
      return state === "stalled" || state === "failed" ? (style?.bad(text) ?? text) : text;
    }),
  ];
}

/** One run as a line. */
export const describeRun = (run: RunOverview): string =>
  [
    run.path,
    run.state,
    `iteration ${describeIteration(run)}`,
    ...(run.score === null ? [] : [describeScore(run)]),
    ...(run.findings.length === 0 ? [] : [describeFindings(run)]),
  ].join("  ");
