import { join } from "node:path";
import type { JsonObject } from "../core/base/json.js";
import { shellWord } from "../core/base/shellWord.js";
import { validateConfig } from "../core/config/config.js";
import { openRunData } from "../core/config/data.js";
import type { DataContext } from "../core/data/index.js";
import { checkpointName, listCheckpoints } from "../core/run/checkpoints.js";
import { withOtherData } from "../core/run/data.js";
import { RunDirectory } from "../core/run/directory.js";
import { type Found, replay, Watch } from "../evaluation/diagnose/diagnose.js";
import { findings } from "../evaluation/diagnose/finding.js";
import type { History, Reading } from "../evaluation/diagnose/history.js";
import { historyOf, SIGNALS, toldIn } from "../evaluation/diagnose/records.js";
import { SignalMeter } from "../evaluation/diagnose/signals.js";
import { loadCheckpoint } from "./checkpoint.js";
import { discriminatorWeights } from "./diagnosis.js";
import { Trainer } from "./trainer.js";

export interface DiagnoseOptions {
  /** Where the run's data is now, or other data: `{ path }` or `{ name }`. */
  readonly data?: JsonObject | undefined;
  readonly context?: Partial<DataContext>;
}

/** What is wrong with a run, as far as can be told. */
export interface RunDiagnosis {
  readonly run: RunDirectory;
  readonly found: readonly Found[];
  readonly history: History;
  /** What could not be looked at, a line each. */
  readonly notes: readonly string[];
}

/**
 * Looks at a run: done, stopped, or under way. Its records are read; where it kept no signals, as runs of before there were any,
 * they are measured of the checkpoints that are left, and its data is examined. Nothing is written.
 * @throws UsageError for a folder that is no run; RunError for a damaged one
 */
export async function diagnoseRun(path: string, options: DiagnoseOptions = {}): Promise<RunDiagnosis> {
  const run = await RunDirectory.open(path);
  const watch = await Watch.open();
  const events = await run.readEvents();
  for (const found of toldIn(events, await findings.all())) watch.restore(found);
  let history = await historyOf(run);
  const notes: string[] = [];
  if (!events.some(({ event }) => event === SIGNALS)) {
    try {
      const readings = await measureCheckpoints(run, watch, options);
      history = { ...history, readings, isSparse: true };
      notes.push(
        readings.length === 0
          ? "The run kept no signals and has no checkpoint: only its losses and its data were looked at."
          : `The run kept no signals: they were measured of its checkpoints (${readings.map(({ iteration }) => iteration).join(", ")}).`,
      );
    } catch (error) {
      options.context?.signal?.throwIfAborted();
      notes.push(
        `The run kept no signals, and they could not be measured: ${(error as Error).message}; only its losses were looked at.`,
      );
    }
  }
  replay(history, watch);
  return { run, found: watch.found, history, notes };
}

/** Signals of every checkpoint that is left; the data is examined on the way. */
async function measureCheckpoints(
  opened: RunDirectory,
  watch: Watch,
  { data, context }: DiagnoseOptions,
): Promise<Reading[]> {
  const run = await opened.checkedBy(validateConfig);
  const config = data === undefined ? run.config : await withOtherData(run.config, data, run.record.data);
  const dataset = await openRunData(config, run.config, `diagnose ${shellWord(run.path)}`, context);
  const trainer = await Trainer.create({ ...config, evaluation: null }, context, dataset);
  try {
    watch.examine(dataset, config, discriminatorWeights(trainer));
    const meter = new SignalMeter(trainer);
    const readings: Reading[] = [];
    try {
      for (const iteration of await listCheckpoints(run.checkpoints)) {
        await loadCheckpoint(
          trainer,
          join(run.checkpoints, checkpointName(iteration)),
          data === undefined ? "same" : "other",
        );
        readings.push(meter.read());
      }
    } finally {
      meter.close();
    }
    return readings;
  } finally {
    await trainer.close();
  }
}
