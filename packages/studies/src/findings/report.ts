import { type Done, isDone, markdownTable, type Outcome, textTable } from "@gantry/gan/sweep";
import type { StudyReport } from "../engine/study.js";
import { faults } from "./faults.js";
import { READINGS, type Result, type Told } from "./measure.js";
import { problems } from "./problems.js";

const HEALTHY = "healthy";
const HEAD = ["made wrong", "trainings", "found", "by (trainings)", "told at, of the iterations"];

/** What was found of a training: faults that were seen to pass were found all the same. */
const foundOf = ({ result: { told } }: Done<Result>): readonly Told[] => told;

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** A 95 % interval of a share. Source: Wilson 1927. */
export function wilson(hits: number, count: number): readonly [low: number, high: number] {
  const z = 1.96;
  const share = hits / count;
  const middle = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half =
    (z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count))) / (1 + (z * z) / count);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const shareOf = (hits: number, count: number): string => {
  const [low, high] = wilson(hits, count);
  return `${hits} of ${count}, ${percent(hits / count)} (95 %: ${percent(low)} to ${percent(high)})`;
};

function rowOf(name: string, cells: readonly Done<Result>[]): string[] {
  const found = cells.filter((cell) => foundOf(cell).length > 0);
  const by = new Map<string, number>();
  for (const cell of cells) for (const told of foundOf(cell)) by.set(told.name, (by.get(told.name) ?? 0) + 1);
  const first = found.map((cell) => ({
    noticed: Math.min(...foundOf(cell).map(({ noticed }) => noticed)),
    iterations: cell.result.iterations,
  }));
  const times = first.map(({ noticed, iterations }) =>
    noticed === 0 ? "before the first" : `${noticed} of ${iterations}`,
  );
  return [
    name,
    String(cells.length),
    String(found.length),
    [...by].map(([each, count]) => `${each} (${count})`).join(", ") || "-",
    [...new Set(times)].join("; ") || "-",
  ];
}

/** Recall, false alarms, and when: over whatever was measured. */
export function report(outcomes: readonly Outcome<Result>[]): StudyReport {
  const done = outcomes.filter(isDone);
  const healthy = done.filter(({ cell }) => cell.method === HEALTHY);
  const faulty = done.filter(({ cell }) => cell.method !== HEALTHY);
  const alarms = healthy.filter((cell) => foundOf(cell).length > 0);
  const found = faulty.filter((cell) => foundOf(cell).length > 0);
  const rows = [
    ...faults.map(({ name, summary }) =>
      rowOf(
        `${name}: ${summary}`,
        faulty.filter(({ cell }) => cell.method === name),
      ),
    ),
    ...problems
      .filter(({ healthy: count }) => count > 0)
      .map(({ name, summary }) =>
        rowOf(
          `nothing: ${summary}`,
          healthy.filter(({ cell }) => cell.problem === name),
        ),
      ),
  ].filter(([, count]) => count !== "0");
  const failed = outcomes.flatMap((outcome) =>
    outcome.status === "failed"
      ? [`${outcome.cell.problem}, ${outcome.cell.method}, seed ${outcome.cell.seed}: ${outcome.reason}`]
      : [],
  );
  const lines = [
    ...(faulty.length === 0 ? [] : [`Recall: ${shareOf(found.length, faulty.length)}.`]),
    ...(healthy.length === 0 ? [] : [`False alarms: ${shareOf(alarms.length, healthy.length)}.`]),
  ];
  const missed = faulty
    .filter((cell) => !found.includes(cell))
    .map(
      ({ cell, result: { signals } }) =>
        `${cell.problem}, ${cell.method}, seed ${cell.seed}${energyOf(signals)}`,
    );
  const wrong = alarms.map(
    (each) =>
      `${each.cell.problem}, seed ${each.cell.seed}: ${foundOf(each)
        .map(({ name, noticed, passed }) => `${name} at ${noticed}${passed ? ", passed" : ""}`)
        .join(", ")}${energyOf(each.result.signals)}`,
  );
  const list = (title: string, all: readonly string[]) =>
    all.length === 0 ? [] : [title, all.map((line) => `- ${line}`).join("\n")];
  const seconds = done.reduce((sum, { result }) => sum + result.seconds, 0);
  const about = `${done.length} trainings, each looked at ${READINGS} times, ${Math.round(seconds)} seconds of the processor.`;
  return {
    text: [
      about,
      ...lines,
      textTable(HEAD, rows),
      ...list("Missed:", missed),
      ...list("False alarms:", wrong),
      ...failed,
    ].join("\n\n"),
    markdown: `${[
      "# Study: findings as a detector",
      "    gantry study findings",
      about,
      ...lines,
      markdownTable(HEAD, rows),
      ...list("## Missed", missed),
      ...list("## False alarms", wrong),
      ...list("## What failed", failed),
    ].join("\n\n")}\n`,
    data: {
      study: "findings",
      recall: { found: found.length, of: faulty.length },
      falseAlarms: { told: alarms.length, of: healthy.length },
      rows,
      missed,
      wrong,
      failed,
    },
    pictures: new Map(),
  };
}

const energyOf = ({ energy }: Readonly<Record<string, number>>): string =>
  energy === undefined ? "" : ` (energy distance at the end ${energy.toFixed(3)})`;
