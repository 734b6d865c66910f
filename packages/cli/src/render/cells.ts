import type { CellProgress, SweepProgress } from "@gantry/gan/sweep";
import { clock, count, duration } from "./format.js";

/** How many cells are in which state. */
export interface CellCounts {
  readonly total: number;
  readonly done: number;
  readonly running: number;
  readonly waiting: number;
  readonly failed: number;
  readonly leftOff: number;
}

export function countCells(cells: readonly CellProgress[]): CellCounts {
  const of = (wanted: CellProgress["state"]) => cells.filter(({ state }) => state === wanted).length;
  return {
    total: cells.length,
    done: of("done"),
    running: of("running"),
    waiting: of("waiting"),
    failed: of("failed"),
    leftOff: of("left off"),
  };
}

/** `2 of 6 done, 1 failed, 2 running; 3 min 12 s left` */
export function describeCells({ cells, secondsLeft }: SweepProgress): string {
  const { total, done, running, failed, leftOff } = countCells(cells);
  const parts = [`${done} of ${total} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (leftOff > 0) parts.push(`${leftOff} left off`);
  if (running > 0) parts.push(`${running} running`);
  return `${parts.join(", ")}${secondsLeft === undefined ? "" : `; ${duration(secondsLeft)} left`}`;
}

/** `infomax-gan-seed=0 at 1,200 of 20,000`, of each that runs. */
export const describeRunning = ({ cells }: SweepProgress): string[] =>
  cells
    .filter(({ state }) => state === "running")
    .map(({ name, iteration, steps }) => `${name} at ${count(iteration)} of ${count(steps)}`);

/** A row of the table that is drawn over and over: words, the most important first, and how much is done. */
export interface CellRow {
  readonly words: readonly string[];
  readonly share: number | undefined;
}

/**
 * The table of a sweep: how far all are, then what runs, what failed, and as many as there is room for of what waits.
 * @param most rows
 */
export function cellRows(progress: SweepProgress, most: number): CellRow[] {
  const { cells } = progress;
  const share =
    cells.reduce((sum, { state, iteration, steps }) => {
      if (state === "failed" || state === "left off") return sum + 1;
      return sum + iteration / steps;
    }, 0) / cells.length;
  const order: readonly CellProgress["state"][] = ["running", "failed", "waiting"];
  const open = order.flatMap((wanted) => cells.filter(({ state }) => state === wanted));
  const shown = open.slice(0, most - 1);
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  return [
    { words: [describeCells(progress)], share },
    ...shown.map(({ name, state, iteration, steps, secondsLeft, reason }) => {
      const head = `  ${name.padEnd(width)}`;
      if (state !== "running")
        return { words: [head, reason === undefined ? state : `failed: ${reason}`], share: undefined };
      const left = secondsLeft === undefined ? [] : [`${clock(secondsLeft)} left`];
      return { words: [head, `${count(iteration)}/${count(steps)}`, ...left], share: iteration / steps };
    }),
  ];
}
