import { getThreads } from "@gantry/torch";
import { amount } from "../core/base/amount.js";
import { UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { register } from "../core/base/plugins/plugins.js";
import { shellWord } from "../core/base/shellWord.js";
import { validateConfig } from "../core/config/config.js";
import { openRunData } from "../core/config/data.js";
import type { Config } from "../core/config/schema.js";
import type { DataContext, Dataset } from "../core/data/index.js";
import type { TermDefinition } from "../core/game/term.js";
import { shapeOf } from "../core/nets/sample.js";
import { listCheckpoints, readState } from "../core/run/checkpoints.js";
import { claimRun, type RunClaim } from "../core/run/claim.js";
import {
  describeClassChange,
  describeDataChange,
  recordOf,
  withAbsoluteData,
  withOtherData,
} from "../core/run/data.js";
import { type CheckpointChoice, RunDirectory } from "../core/run/directory.js";
import { changedParts } from "../core/run/imports.js";
import { lockHolder, RunLock } from "../core/run/lock.js";
import { madeWith, saveCheckpoint } from "../core/state/save.js";
import { loadCheckpoint } from "./checkpoint.js";
import { checkEvaluations, checkEvaluationWords } from "./evaluations.js";
import { describeAnew, layoutOf, loadFork } from "./forkCheckpoint.js";
import { lead } from "./ranks/together.js";
import { type RecordOptions, record } from "./record.js";
import { type StepReport, Trainer } from "./trainer.js";

export interface TrainOptions extends RecordOptions {
  /** Terms of the caller's own, which the configuration names. */
  readonly terms?: readonly TermDefinition[];
  /** Progress of opening the data. */
  readonly context?: Partial<DataContext>;
}

/** A training and the directory that records it. Closing the trainer lets others write into the directory. */
export interface Run {
  readonly trainer: Trainer;
  readonly directory: RunDirectory;
  /** What is worth knowing before it goes on, a line each: what begins anew, what the data is now. */
  readonly notes: readonly string[];
  /** Trains to the end (or until the signal), recording everything; consume it once. */
  reports(options?: RecordOptions): AsyncGenerator<StepReport, void, void>;
}

/** @param claim of a run that is new: where it fails in its first iteration, nothing of it is left */
function runOf(
  trainer: Trainer,
  directory: RunDirectory,
  lock: RunLock,
  notes: readonly string[] = [],
  claim?: RunClaim,
): Run {
  trainer.whenClosed(() => lock.release());
  const first = trainer.iteration;
  async function* reports(options?: RecordOptions): AsyncGenerator<StepReport, void, void> {
    try {
      await lead(trainer);
      yield* record(trainer, directory, lock, options);
    } catch (error) {
      if (trainer.iteration === first) await claim?.abandon();
      throw error;
    }
  }
  return { trainer, directory, notes, reports };
}

/**
 * A trainer whose evaluations were found to make sense.
 * @throws UsageError, FormatError: all that can be refused
 */
export async function createTrainer(
  config: Config,
  context?: Partial<DataContext>,
  opened?: Dataset,
): Promise<Trainer> {
  await checkEvaluationWords(config);
  const trainer = await Trainer.create(config, context, opened);
  try {
    await checkEvaluations(config, shapeOf(trainer.dataset), context?.signal);
    return trainer;
  } catch (error) {
    await trainer.close();
    throw error;
  }
}

/** Where a new run goes: a folder by name, or one that was claimed already. */
export type RunPlace = string | RunClaim;

const claimed = (place: RunPlace, context?: Partial<DataContext>): Promise<RunClaim> | RunClaim =>
  typeof place === "string" ? claimRun(place, { signal: context?.signal, onWait: context?.onNotice }) : place;

/**
 * Builds a training in a new run directory, which is claimed before anything else is done.
 * @param opened the configuration's data, where it is open already
 * @throws UsageError, FormatError: everything that can be refused is refused here, and nothing is left
 */
export async function startRun(
  config: Config,
  place: RunPlace,
  context?: Partial<DataContext>,
  opened?: Dataset,
): Promise<Run> {
  const claim = await claimed(place, context);
  let trainer: Trainer | undefined;
  try {
    const absolute = withAbsoluteData(config, context?.cwd);
    trainer = await createTrainer(absolute, context, opened);
    const directory = await RunDirectory.create(claim, absolute, {
      ...madeWith(),
      data: recordOf(trainer.dataset),
    });
    return runOf(trainer, directory, claim.lock, [], claim);
  } catch (error) {
    await trainer?.close();
    await claim.abandon();
    throw error;
  }
}

export interface ResumeOptions {
  /** Where the run's data is now, or other data to go on with: `{ path }` or `{ name }`, and `{ labels }`. */
  readonly data?: JsonObject | undefined;
  /** Called once with a line, where it takes a while to tell whether another process still writes the run. */
  readonly onWait?: ((message: string) => void) | undefined;
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
  options: ResumeOptions = {},
): Promise<Run> {
  const looked = await RunDirectory.open(path);
  // Versions before 0.2 held no lock.
  const beat = await looked.readHeartbeat();
  if (
    lockHolder(path) === undefined &&
    beat !== undefined &&
    beat.pid !== process.pid &&
    (await looked.status()) === "running"
  )
    throw new UsageError(
      `${path}: the run is being trained, by process ${beat.pid} on ${beat.host}; stop that first (its last sign of life: ${beat.time})`,
    );
  const lock = await RunLock.acquire(path, { signal: context?.signal, onWait: options.onWait });
  let trainer: Trainer | undefined;
  try {
    // Whoever had the lock may have gone further meanwhile.
    const directory = await (await RunDirectory.open(path)).checkedBy(validateConfig);
    const known = await listCheckpoints(directory.checkpoints);
    // Nothing is lost by beginning again: the same seed gives the same run.
    const begunAt = directory.record.forkedFrom?.iteration ?? 0;
    const anew = iteration === undefined && known.length === 0 && begunAt === 0;
    const checkpoint = anew ? undefined : await directory.checkpoint(iteration);
    const config =
      options.data === undefined
        ? directory.config
        : await withOtherData(directory.config, options.data, directory.record.data);
    const dataset = await openRunData(config, directory.config, `resume ${shellWord(path)}`, context);
    trainer = await Trainer.create(config, context, dataset);
    tellThreads(directory, context);
    const isSame = checkpoint === undefined || (await isTrainedOn(checkpoint.folder, dataset));
    if (!isSame) refuseOtherData(path, directory, dataset, options.data !== undefined);
    if (checkpoint !== undefined) await loadCheckpoint(trainer, checkpoint.folder, isSame ? "same" : "other");
    const parts = changedParts(directory.record.imports, config);
    // One that is trained from the beginning takes its data as it is now.
    if (options.data === undefined && !anew && parts === undefined) return runOf(trainer, directory, lock);
    const change = describeDataChange(directory.record, dataset, config, isSame);
    const moved = await directory.withData(config, recordOf(dataset));
    return runOf(trainer, moved, lock, [...(change === undefined ? [] : [change]), ...(parts ?? [])]);
  } catch (error) {
    await trainer?.close();
    await lock.release();
    throw error;
  }
}

/** Whether a checkpoint's training read this data set; networks that come from elsewhere have read none. */
const isTrainedOn = async (folder: string, { digest }: Dataset): Promise<boolean> =>
  ((await readState(folder)).loader?.dataset ?? digest) === digest;

/** @throws UsageError naming what goes on all the same; where it was asked for, only for data of another shape */
function refuseOtherData(path: string, { record }: RunDirectory, dataset: Dataset, asked: boolean): void {
  const run = shellWord(path);
  if (!asked)
    throw new UsageError(
      `${path}: the data set ${dataset.name} (${amount(dataset.count, "items")}) is not what the run was trained on; say where that is now: gantry resume ${run} --data PATH, or begin a new run with its networks on other data: gantry fork ${run} --data PATH`,
    );
  const now = shapeOf(dataset);
  const { kind, shape } = record.data ?? now;
  const to = `a new run can begin with what fits of its networks: gantry fork ${run} --data PATH`;
  if (kind !== now.kind || shape.join() !== now.shape.join())
    throw new UsageError(
      `${path}: the run was trained on ${kind} of ${shape.join("x")}, and ${dataset.name} has ${now.kind} of ${now.shape.join("x")}; ${to}`,
    );
  const change = describeClassChange(record, dataset);
  if (change !== undefined)
    throw new UsageError(
      `${path}: its networks know other classes than ${dataset.name} has: ${change}; ${to}`,
    );
}

/**
 * A new run that begins with another's checkpoint and its own configuration. What of its networks is new, or of another
 * shape, begins anew with its moments; all else goes along.
 * @param config must have the seed of the other: the random state goes on from the checkpoint
 * @throws UsageError, RunError, FormatError, and nothing is left
 */
export async function forkRun(
  source: string,
  iteration: CheckpointChoice | undefined,
  config: Config,
  place: RunPlace,
  context?: Partial<DataContext>,
): Promise<Run> {
  await checkEvaluationWords(config);
  const claim = await claimed(place, context);
  let trainer: Trainer | undefined;
  try {
    const from = await (await RunDirectory.open(source)).checkedBy(validateConfig);
    if (config.seed !== from.config.seed) {
      throw new UsageError(
        `a fork goes on with the random state of its run, so its seed is ${from.config.seed}; leave seed out, or train anew`,
      );
    }
    // From the beginning, or of a run that ended before its first checkpoint: its configuration goes along.
    const anew =
      iteration === 0 || (iteration === undefined && (await listCheckpoints(from.checkpoints)).length === 0);
    const checkpoint = anew ? undefined : await from.checkpoint(iteration);
    const absolute = withAbsoluteData(config, context?.cwd);
    const dataset = await openRunData(absolute, from.config, `fork ${shellWord(source)}`, context);
    // First, since making networks sets threads and arithmetic as their configuration says.
    const layout = await layoutOf(from.config, from.record.data ?? shapeOf(dataset));
    trainer = await createTrainer(absolute, context, dataset);
    tellThreads(from, context);
    const notes: string[] = [];
    if (checkpoint !== undefined) {
      const isSame = await isTrainedOn(checkpoint.folder, dataset);
      const begin = { config: from.config, layout, folder: checkpoint.folder };
      const begunAnew = await loadFork(trainer, begin, isSame ? "same" : "other");
      if (begunAnew.length > 0) notes.push(describeAnew(begunAnew));
      const change = describeDataChange(from.record, dataset, absolute, isSame);
      if (change !== undefined) notes.push(change);
    }
    const loaded = trainer;
    const directory = await RunDirectory.create(
      claim,
      absolute,
      {
        ...madeWith(),
        forkedFrom: { run: from.name, iteration: checkpoint?.iteration ?? 0 },
        data: recordOf(dataset),
      },
      async (run) => {
        if (checkpoint !== undefined) await saveCheckpoint(loaded, run.checkpoints);
      },
    );
    return runOf(trainer, directory, claim.lock, notes, claim);
  } catch (error) {
    await trainer?.close();
    await claim.abandon();
    throw error;
  }
}

/** Sums are taken in another order by another number of threads. */
function tellThreads({ path, record }: RunDirectory, context: Partial<DataContext> | undefined): void {
  const own = getThreads();
  if (record.threads === undefined || record.threads === own) return;
  context?.onNotice?.(
    `${path} was begun with ${amount(record.threads, "threads")}, and goes on with ${own}: the bits will not be those of a run that was never interrupted; --set threads=${record.threads} in a fork, or OMP_NUM_THREADS=${record.threads}, keeps them`,
  );
}

/**
 * Trains without a run directory: an async iterable of reports, for programs.
 * @example
 * const config = await resolveConfig({ recipe: "gan", preset: "small" });
 * for await (const { iteration, scalars } of train(config)) console.log(iteration, scalars);
 */
export async function* train(
  config: Config,
  options: TrainOptions = {},
): AsyncGenerator<StepReport, void, void> {
  await register(...(options.terms ?? []));
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
