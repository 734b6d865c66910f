import { join } from "node:path";
import {
  type Comparison,
  compareRuns,
  type JsonObject,
  type Named,
  type RunSummary,
  readRun,
  validateConfig,
} from "@gantry/gan";
import {
  type Cell,
  checkSpec,
  isDone,
  type Outcome,
  planSweep,
  type SweepSpec,
  trainCell,
} from "@gantry/gan/sweep";
import { find } from "./choose.js";
import { defineStudy, type Study, type StudyReport, type StudyRequest, type Workplace } from "./study.js";

/** What was measured by a sweep, for who reads it. */
export interface Reading {
  /** The pace that was asked for; the study's first where nobody asked. */
  readonly pace: string;
  /** Of all runs: groups by settings over seeds, with intervals, verdicts and curves. */
  readonly comparison: Comparison;
  readonly runs: readonly RunSummary[];
  readonly failed: readonly { readonly cell: Cell; readonly reason: string }[];
}

/** A study that is a sweep, and what reads it. */
export interface SweepStudy
  extends Named,
    Pick<
      Study,
      "source" | "paper" | "shows" | "claims" | "problems" | "methods" | "paces" | "seeds" | "prepare"
    > {
  /** @throws UsageError for unknown names */
  sweep(request: StudyRequest): SweepSpec | Promise<SweepSpec>;
  read(reading: Reading): StudyReport;
}

/** A run's summary as JSON: gaps of curves are null there. */
export interface PackedRun extends Omit<RunSummary, "curves"> {
  readonly curves: readonly (readonly [
    string,
    { iterations: readonly number[]; values: readonly (number | null)[] },
  ])[];
}

const pack = (run: RunSummary): PackedRun => ({ ...run, curves: [...run.curves] });

export const unpackRun = (packed: PackedRun): RunSummary => ({
  ...packed,
  curves: new Map(
    packed.curves.map(([name, { iterations, values }]) => [
      name,
      { iterations, values: values.map((value) => value ?? Number.NaN) },
    ]),
  ),
});

/** The run of a cell, in the cell's own folder. */
const RUN = "run";
/** Milliseconds between two messages of how far it is. */
const PAUSE = 30_000;

/** Trains the configuration of a cell in a run of the cell's own folder, and reads it. */
export async function measureRun(
  { work, method }: Cell,
  { folder, signal, tell }: Workplace,
): Promise<PackedRun> {
  const config = await validateConfig(work.config);
  let told = performance.now();
  await trainCell(
    folder,
    { name: RUN, group: method, config },
    {
      signal,
      onReport({ iteration, steps }) {
        if (performance.now() - told < PAUSE) return;
        told = performance.now();
        tell(`iteration ${iteration} of ${steps}`);
      },
    },
  );
  return pack(await readRun(join(folder, RUN)));
}

/** @throws UsageError for a pace that the study does not have */
const paceOf = ({ paces }: Pick<Study, "paces">, asked: string | undefined): string =>
  asked === undefined ? (paces[0]?.name ?? "") : find("pace", paces, asked).name;

/** A study made of a sweep: its cells are runs, which stay, and go on where they were interrupted. */
export const defineSweepStudy = ({ sweep, read, ...study }: SweepStudy): Study =>
  defineStudy<PackedRun>({
    ...study,
    keepsWork: true,
    endsItself: true,
    async cells(request) {
      const pace = paceOf(study, request.pace);
      const planned = await planSweep(checkSpec(await sweep(request), study.name), { name: study.name });
      return planned.sweep.cells.map(({ group, config }) => ({
        problem: String(config.data.name ?? "data"),
        method: group,
        seed: config.seed,
        work: { pace, config: config as unknown as JsonObject },
      }));
    },
    measure: measureRun,
    report(outcomes: readonly Outcome<PackedRun>[]) {
      const runs = outcomes.filter(isDone).map(({ result }) => unpackRun(result));
      const failed = outcomes.flatMap((outcome) =>
        outcome.status === "failed" ? [{ cell: outcome.cell, reason: outcome.reason }] : [],
      );
      const pace = String(outcomes[0]?.cell.work.pace ?? paceOf(study, undefined));
      return read({ pace, comparison: compareRuns(runs), runs, failed });
    },
  });
