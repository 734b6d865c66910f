import { getThreads } from "@gantry/torch";
import type { Config } from "../config/config.js";
import type { DataContext } from "../data/index.js";
import { UsageError } from "../errors.js";
import { listCheckpoints, loadCheckpoint, saveCheckpoint } from "./checkpoint.js";
import { checkEvaluations } from "./evaluations.js";
import { type RecordOptions, record } from "./record.js";
import { type CheckpointChoice, RunDirectory } from "./runDirectory.js";
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

/** A trainer whose evaluations were found to make sense. */
async function createTrainer(config: Config, context?: Partial<DataContext>): Promise<Trainer> {
  const trainer = await Trainer.create(config, context);
  try {
    await checkEvaluations(config, shapeOf(trainer.dataset), context?.signal);
    return trainer;
  } catch (error) {
    await trainer.close();
    throw error;
  }
}

/** Builds a training in a new run directory. @throws UsageError, FormatError: everything that can be refused is refused here */
export async function startRun(config: Config, path: string, context?: Partial<DataContext>): Promise<Run> {
  const trainer = await createTrainer(config, context);
  return runOf(trainer, await RunDirectory.create(path, config, { data: shapeOf(trainer.dataset) }));
}

/**
 * Continues a run where a checkpoint left it; a run that ended before its first checkpoint, from the beginning.
 * @param iteration default the newest checkpoint. Of an earlier one, the later checkpoints are deleted once it trains.
 * @throws UsageError for a folder that is no run, or one that is being trained; RunError for a damaged checkpoint
 */
export async function resumeRun(
  path: string,
  iteration?: CheckpointChoice,
  context?: Partial<DataContext>,
): Promise<Run> {
  const directory = await RunDirectory.open(path);
  const beat = await directory.readHeartbeat();
  if (beat !== undefined && beat.pid !== process.pid && (await directory.status()) === "running") {
    throw new UsageError(
      `${path}: the run is being trained, by process ${beat.pid} on ${beat.host}; stop that first (its last sign of life: ${beat.time})`,
    );
  }
  const known = await listCheckpoints(directory.checkpoints);
  // Nothing is lost by beginning again: the same seed gives the same run.
  const anew = iteration === undefined && known.length === 0 && directory.record.forkedFrom === undefined;
  const checkpoint = anew ? undefined : await directory.checkpoint(iteration);
  const trainer = await Trainer.create(directory.config, context);
  tellThreads(directory, context);
  if (checkpoint !== undefined) await loadCheckpoint(trainer, checkpoint.folder);
  return runOf(trainer, directory);
}

/**
 * A new run that begins with another's checkpoint and its own configuration.
 * @param config must fit the checkpoint's networks, and have its seed: the random state goes on from the checkpoint
 */
export async function forkRun(
  source: string,
  iteration: CheckpointChoice | undefined,
  config: Config,
  path: string,
  context?: Partial<DataContext>,
): Promise<Run> {
  const from = await RunDirectory.open(source);
  if (config.seed !== from.config.seed) {
    throw new UsageError(
      `a fork goes on with the random state of its run, so its seed is ${from.config.seed}; leave seed out, or train anew`,
    );
  }
  const checkpoint = await from.checkpoint(iteration);
  const trainer = await createTrainer(config, context);
  tellThreads(from, context);
  await loadCheckpoint(trainer, checkpoint.folder);
  const origin = {
    forkedFrom: { run: from.name, iteration: checkpoint.iteration },
    data: shapeOf(trainer.dataset),
  };
  const directory = await RunDirectory.create(path, config, origin, (run) =>
    saveCheckpoint(trainer, run.checkpoints),
  );
  return runOf(trainer, directory);
}

/** Sums are taken in another order by another number of threads. */
function tellThreads({ path, record }: RunDirectory, context: Partial<DataContext> | undefined): void {
  const own = getThreads();
  if (record.threads === undefined || record.threads === own) return;
  context?.onNotice?.(
    `${path} was begun with ${record.threads} thread${record.threads === 1 ? "" : "s"}, and goes on with ${own}: the bits will not be those of a run that was never interrupted; --set threads=${record.threads} in a fork, or OMP_NUM_THREADS=${record.threads}, keeps them`,
  );
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
