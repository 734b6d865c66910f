import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { UsageError } from "../core/base/errors.js";
import type { Json } from "../core/base/json.js";
import { validateConfig } from "../core/config/config.js";
import { withoutPlace } from "../core/config/place.js";
import type { Config } from "../core/config/schema.js";
import { listCheckpoints } from "../core/run/checkpoints.js";
import { withRealData } from "../core/run/data.js";
import { RunDirectory } from "../core/run/directory.js";
import { lockHolder } from "../core/run/lock.js";
import { describeValue, differences } from "../evaluation/compare/differences.js";
import type { Found } from "../evaluation/diagnose/diagnose.js";
import { findings } from "../evaluation/diagnose/finding.js";
import { toldIn } from "../evaluation/diagnose/records.js";
import { missedEvaluations } from "../train/evaluations.js";
import type { SweepCell } from "./sweep.js";

/** How far a cell's run has come. */
export interface CellStanding {
  /** `new`: there is no run yet. */
  readonly state: "new" | "begun" | "done";
  /** Of its newest checkpoint. */
  readonly iteration: number;
}

/** What of a configuration tells one training from another. */
const comparable = async (config: Config) => withoutPlace(await withRealData(config)) as unknown as Json;

/**
 * How far a cell has come.
 * @param until the iteration that it is to come to; default its last
 * @throws UsageError where its folder holds another run
 */
export async function standingOf(
  folder: string,
  cell: SweepCell,
  until = cell.config.steps,
): Promise<CellStanding> {
  const path = join(folder, cell.name);
  if (!existsSync(join(path, "config.json"))) return { state: "new", iteration: 0 };
  const run = await (await RunDirectory.open(path)).checkedBy(validateConfig);
  const [first] = differences(await Promise.all([run.config, cell.config].map(comparable)));
  if (first !== undefined)
    throw new UsageError(
      `${path}: there is another run, whose ${first.path} is ${first.values.map(describeValue).join(" and not ")}; remove it, or give another --out`,
    );
  const iteration = (await listCheckpoints(run.checkpoints)).at(-1) ?? 0;
  const isTrained = iteration >= until && (await missedEvaluations(run, iteration)).length === 0;
  const isDone = isTrained || (await endingOf(run, cell)) !== undefined;
  return { state: isDone ? "done" : "begun", iteration };
}

/** The finding that ended a cell's training; undefined where none did. */
export async function endingOf(run: RunDirectory, { stopOn = [] }: SweepCell): Promise<Found | undefined> {
  if (stopOn.length === 0) return undefined;
  const told = toldIn(await run.readEvents(), await findings.all());
  return told.find(({ finding }) => stopOn.includes(finding.name));
}

/** Milliseconds to wait for somebody who is about to end. */
const PATIENCE = 60_000;

/** Waits for a process that still writes down where the cell is, since whoever began it was killed. */
export async function whenFree(folder: string, cell: SweepCell, signal?: AbortSignal): Promise<void> {
  const path = join(folder, cell.name);
  for (let waited = 0; waited < PATIENCE && lockHolder(path)?.life === "alive"; waited += 200)
    await setTimeout(200, undefined, { signal });
}
