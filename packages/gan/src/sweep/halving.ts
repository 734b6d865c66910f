import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@gantry/formats";
import { RunError } from "../core/base/errors.js";
import { isObject } from "../core/base/json.js";
import { RunDirectory, standing } from "../core/run/directory.js";
import { type RunScore, scoresIn } from "../core/run/scores.js";
import { spread } from "../evaluation/statistics.js";
import { goingOn, rungsOf } from "./rungs.js";
import type { Halving, Sweep, SweepCell } from "./sweep.js";

/** What one round of successive halving found. Plain JSON. */
export interface Round {
  /** To which every training of it has come; where they differ in length, that of the first. */
  readonly iteration: number;
  readonly settings: readonly {
    readonly group: string;
    /** Mean over seeds; null where all have failed. */
    readonly score: number | null;
    readonly goesOn: boolean;
  }[];
}

const FILE = "halving.json";

/** Trains some cells, each up to an iteration of its own. */
export type TrainRound = (cells: readonly SweepCell[], untilOf: (cell: SweepCell) => number) => Promise<void>;

/**
 * Rounds of training, after each of which the better settings go on. Source: Jamieson and Talwalkar 2016, algorithm 1.
 * @param onLeftOff called with the cells that train no further
 */
export async function halve(
  folder: string,
  { cells }: Sweep,
  halving: Halving,
  train: TrainRound,
  onLeftOff: (cells: readonly SweepCell[]) => void,
): Promise<Round[]> {
  let groups = [...new Set(cells.map(({ group }) => group))];
  const all = groups.length;
  const rungs = (cell: SweepCell) => rungsOf(halving, all, cell.config.steps);
  const rounds: Round[] = [];
  for (let round = 0; round < rungs(cells[0]!).length; round++) {
    const members = cells.filter(({ group }) => groups.includes(group));
    const untilOf = (cell: SweepCell) => rungs(cell)[round] as number;
    await train(members, untilOf);
    if (round === rungs(cells[0]!).length - 1) break;
    const ranked = await rank(folder, members, halving.metric, untilOf);
    const best = new Set(ranked.slice(0, goingOn(ranked.length, halving)).map(({ group }) => group));
    rounds.push({
      iteration: untilOf(members[0]!),
      settings: ranked.map((each) => ({ ...each, goesOn: best.has(each.group) })),
    });
    await keepRounds(folder, halving, rounds);
    onLeftOff(members.filter(({ group }) => !best.has(group)));
    groups = [...best];
  }
  return rounds;
}

/** Settings from the best to the worst; those without a score are the worst. */
async function rank(
  folder: string,
  cells: readonly SweepCell[],
  metric: string,
  untilOf: (cell: SweepCell) => number,
): Promise<{ group: string; score: number | null }[]> {
  const found = new Map<string, number[]>();
  let better: RunScore["better"] | undefined;
  for (const cell of cells) {
    const score = await scoreAt(join(folder, cell.name), untilOf(cell), metric);
    const before = found.get(cell.group) ?? [];
    found.set(cell.group, score === undefined ? before : [...before, score.value]);
    better ??= score?.better;
  }
  const scored = [...found].map(([group, values]) => ({
    group,
    score: values.length === 0 || !values.every(Number.isFinite) ? null : spread(values).mean,
  }));
  const sign = better === "higher" ? -1 : 1;
  const order = (score: number | null) => (score === null ? Number.POSITIVE_INFINITY : sign * score);
  return scored.sort((a, b) => order(a.score) - order(b.score) || 0);
}

/**
 * A score that the evaluation at an iteration gave; undefined where the run has none of that iteration.
 * @throws RunError where it gave others alone
 */
async function scoreAt(path: string, iteration: number, metric: string): Promise<RunScore | undefined> {
  const run = await RunDirectory.open(path).catch(() => undefined);
  const event = standing((await run?.readEvents()) ?? []).findLast(
    (each) => each.event === "evaluation" && each.iteration === iteration,
  );
  if (event === undefined || !isObject(event.report)) return undefined;
  const scores = scoresIn(event.report);
  const score = scores.find(({ name }) => name === metric || name.startsWith(`${metric}[`));
  if (score === undefined)
    throw new RunError(
      `no score is called '${metric}', by which settings are to be left off; there are: ${scores.map(({ name }) => name).join(", ")}`,
    );
  return score;
}

async function keepRounds(folder: string, halving: Halving, rounds: readonly Round[]): Promise<void> {
  const text = `${JSON.stringify({ ...halving, rounds }, null, 2)}\n`;
  await writeFileAtomically(join(folder, FILE), new TextEncoder().encode(text));
}

/**
 * What successive halving left off in a sweep's folder, in words, a line a round; nothing where there was none. Scores of
 * settings that were left off are of shorter trainings, and say less.
 */
export async function describeHalving(folder: string): Promise<string[]> {
  try {
    const { metric, rounds } = JSON.parse(await readFile(join(folder, FILE), "utf8")) as Halving & {
      rounds: readonly Round[];
    };
    return rounds.map(({ iteration, settings }) => {
      const left = settings.filter(({ goesOn }) => !goesOn).map(({ group }) => group);
      return `Successive halving by ${metric}: after ${iteration.toLocaleString("en-US")} iterations ${left.length} of ${settings.length} settings were left off, whose scores are of that time: ${left.join(", ")}`;
    });
  } catch {
    return [];
  }
}
