import type { Config } from "../config/config.js";
import type { DataContext } from "../data/index.js";
import { loadCheckpoint } from "./checkpoint.js";
import { type RecordOptions, record } from "./record.js";
import { RunDirectory } from "./runDirectory.js";
import { shapeOf } from "./setup.js";
import { type StepReport, Trainer } from "./trainer.js";

export interface TrainOptions extends RecordOptions {
  /** Progress of opening the data. */
  readonly context?: Partial<DataContext>;
}

/** A training and the directory that records it. */
export interface Run {
  readonly trainer: Trainer;
  readonly directory: RunDirectory;
  /** Trains to the end (or until the signal), recording everything; consume it once. */
  reports(options?: RecordOptions): AsyncGenerator<StepReport, void, void>;
}

function runOf(trainer: Trainer, directory: RunDirectory): Run {
  return { trainer, directory, reports: (options) => record(trainer, directory, options) };
}

/** Builds a training in a new run directory. @throws UsageError, FormatError: everything that can be refused is refused here */
export async function startRun(config: Config, path: string, context?: Partial<DataContext>): Promise<Run> {
  const trainer = await Trainer.create(config, context);
  return runOf(trainer, await RunDirectory.create(path, config, undefined, shapeOf(trainer.dataset)));
}

/**
 * Continues a run where a checkpoint left it.
 * @param iteration default the newest checkpoint
 * @throws UsageError for a folder that is no run; RunError for a damaged checkpoint
 */
export async function resumeRun(
  path: string,
  iteration?: number,
  context?: Partial<DataContext>,
): Promise<Run> {
  const directory = await RunDirectory.open(path);
  const { folder } = await directory.checkpoint(iteration);
  const trainer = await Trainer.create(directory.config, context);
  await loadCheckpoint(trainer, folder);
  return runOf(trainer, directory);
}

/**
 * A new run that begins with another's checkpoint and its own configuration.
 * @param config must fit the checkpoint's networks
 */
export async function forkRun(
  source: string,
  iteration: number | undefined,
  config: Config,
  path: string,
  context?: Partial<DataContext>,
): Promise<Run> {
  const from = await RunDirectory.open(source);
  const checkpoint = await from.checkpoint(iteration);
  const trainer = await Trainer.create(config, context);
  await loadCheckpoint(trainer, checkpoint.folder);
  const origin = { run: from.name, iteration: checkpoint.iteration };
  const directory = await RunDirectory.create(path, config, origin, shapeOf(trainer.dataset));
  return runOf(trainer, directory);
}

/**
 * Trains without a run directory: an async iterable of reports, for programs.
 *
 *     for await (const report of train(await resolveConfig({ recipe: "gan" }))) console.log(report.iteration);
 */
export async function* train(
  config: Config,
  options: TrainOptions = {},
): AsyncGenerator<StepReport, void, void> {
  const trainer = await Trainer.create(config, options.context);
  try {
    for await (const report of trainer.run()) {
      yield report;
      if (options.signal?.aborted) return;
    }
  } finally {
    await trainer.close();
  }
}
