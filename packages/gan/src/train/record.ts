import { setImmediate } from "node:timers/promises";
import { EventFileWriter, FormatError, removeForeignTemporaries } from "@gantry/formats";
import { distributed, timed } from "@gantry/torch";
import { amount } from "../core/base/amount.js";
import { DivergedError } from "../core/base/errors.js";
import { everyIterations } from "../core/base/schedule.js";
import { listCheckpoints, pruneCheckpoints, sweepCheckpoints } from "../core/run/checkpoints.js";
import type { Heartbeat, RunDirectory } from "../core/run/directory.js";
import { type RunLock, RunTakenError } from "../core/run/lock.js";
import { saveCheckpoint } from "../core/state/save.js";
import type { Found } from "../evaluation/diagnose/diagnose.js";
import { TrainingDiagnosis } from "./diagnosis.js";
import { adviseAfter } from "./diverged.js";
import {
  Evaluations,
  missedEvaluations,
  scalarsOf,
  type TrainingEvaluation,
  WAITING,
} from "./evaluations.js";
import { paceOf } from "./pace.js";
import { isPictured, writeReals, writeSample } from "./pictures.js";
import {
  ApartError,
  beforeCheckpoint,
  end as endOthers,
  goOn,
  shareEvaluation,
  stillWaiting,
} from "./ranks/together.js";
import type { StepReport, Trainer } from "./trainer.js";
import { describeTrouble } from "./trouble.js";

export interface RecordOptions {
  /** Aborting it ends the run after the iteration under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  /**
   * The iteration to come to in this go; default the configuration's last. At an earlier one the run stops with a checkpoint, and
   * an evaluation that is due there is awaited.
   */
  readonly upTo?: number | undefined;
  /** Asked after each iteration; where it says so, a checkpoint is written, and training goes on. */
  readonly wantsCheckpoint?: () => boolean;
  /** One line about something that failed without ending the run. */
  readonly onWarning?: (message: string) => void;
  /** An evaluation has ended; its checkpoint may be of some iterations before. */
  readonly onEvaluation?: (evaluation: TrainingEvaluation) => void;
  /** The training is done, and the evaluation of this iteration is awaited. */
  readonly onAwait?: (iteration: number) => void;
  /** Something was found that is wrong with the training or its data: each once. */
  readonly onFinding?: (found: Found) => void;
  /** Called at the end with all that was found, whatever has passed among it. */
  readonly onVerdict?: (found: readonly Found[]) => void;
  /** Names of findings that end the run, with a checkpoint. */
  readonly stopOn?: readonly string[] | undefined;
}

/** Milliseconds between heartbeats. */
const HEARTBEAT = 2000;
/** Milliseconds between turns of the event loop. */
const BREATH = 50;
const MINUTE = 60_000;
/** Milliseconds between looks at the other processes while an evaluation is awaited: one that ended is noticed so. */
const HEARING = 10_000;

/**
 * Trains, writing everything into the run's directory, and yields the trainer's reports on their way. What cannot be
 * written is warned of; only a last checkpoint that cannot be written is an error.
 * @param lock the right to write there
 * @throws FormatError when the final checkpoint cannot be written; DivergedError when a loss or a weight is not finite;
 * RunTakenError when somebody else goes on with the run
 */
export async function* record(
  trainer: Trainer,
  run: RunDirectory,
  lock: RunLock,
  options: RecordOptions = {},
): AsyncGenerator<StepReport, void, void> {
  const { intervals, keep } = trainer.config;
  const { upTo = trainer.config.steps } = options;
  const pace = paceOf(trainer.config, trainer.dataset.count);
  const sampleEvery = everyIterations(intervals.sample, pace);
  const checkpointEvery = everyIterations(intervals.checkpoint, pace);
  const began = performance.now();
  const failing = new Set<string>();
  /** What goes wrong on a full disk goes wrong again and again: it is told when it begins. */
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await timed("files", what, action);
      failing.delete(what);
    } catch (error) {
      if (error instanceof DivergedError || error instanceof RunTakenError) throw error;
      // Of several processes, one is gone or has come apart: none can go on.
      if (error instanceof distributed.RankError || error instanceof ApartError) throw error;
      const trouble = await describeTrouble(run.path, error as Error);
      // Without the folder everything fails, for the one reason.
      const told = trouble.isGone ? "" : what;
      if (!failing.has(told))
        options.onWarning?.(
          trouble.isGone
            ? `${trouble.why}: training goes on in memory, and nothing is kept unless the folder comes back`
            : `${what} was not written: ${trouble.why}`,
        );
      failing.add(told);
    }
  };
  const { evaluation } = trainer.config;
  const evaluateEvery = evaluation === null ? 0 : everyIterations(evaluation.every, pace);
  const evaluations =
    evaluation === null
      ? undefined
      : await Evaluations.open(run, evaluation, trainer.iteration, evaluateEvery, shareEvaluation);
  let saved: number | undefined;
  let lastSave = began;
  const save = async (): Promise<void> => {
    lastSave = performance.now();
    // So that whoever goes on from here finds every number up to here.
    await board.flush().catch(() => {});
    await beforeCheckpoint(trainer);
    await run.mendFolders();
    await saveCheckpoint(trainer, run.checkpoints, () => lock.requireHeld());
    saved = trainer.iteration;
    await pruneCheckpoints(run.checkpoints, keep, evaluations?.needed);
  };
  /** The last one: it is all that there is of the iterations since the one before. */
  const saveLast = async (): Promise<void> => {
    const isThere = async () => (await listCheckpoints(run.checkpoints)).includes(trainer.iteration);
    if (saved === trainer.iteration && (await isThere())) return;
    try {
      await save();
    } catch (error) {
      // Written, and an older one could not be deleted: that loses nothing.
      if (error instanceof DivergedError || error instanceof RunTakenError || (await isThere())) throw error;
      const newest = (await listCheckpoints(run.checkpoints)).at(-1);
      const { why } = await describeTrouble(run.path, error as Error);
      throw new FormatError(`the last checkpoint was not written: ${why}`, {
        hint:
          newest === undefined
            ? "nothing of this run is on disk that it could go on from"
            : `the newest on disk is of iteration ${newest}`,
        cause: error,
      });
    }
  };
  /** Tells and writes what an evaluation found, when one has ended. */
  const settle = async (): Promise<void> => {
    try {
      const found = await evaluations?.take();
      if (found === undefined) return;
      for (const [name, value] of Object.entries(scalarsOf(found.report)))
        board.scalar(name, found.iteration, value);
      options.onEvaluation?.(found);
      if (found.chosen === undefined)
        options.onWarning?.(
          `no score is called '${evaluation?.best}', so that none is the best; there are: ${found.report.scores.map(({ name }) => name).join(", ")}`,
        );
    } catch (error) {
      options.onWarning?.(`an evaluation failed: ${(error as Error).message}`);
    }
  };
  /** By a finding. */
  let isStopped = false;
  /** By another process, while this one waited. */
  let isLeft = false;
  const isEnding = () => isLeft || options.signal?.aborted === true;
  const beat = (state: Heartbeat["state"]) =>
    attempt("the heartbeat", () => run.heartbeat(trainer.iteration, state));
  /** Waits for the evaluation under way, with signs of life; for a while, after which the other processes are heard. */
  const awaitOne = async (evaluations: Evaluations): Promise<void> => {
    const beating = setInterval(() => void beat("running").catch(() => {}), HEARTBEAT);
    try {
      await evaluations.wait(options.signal, HEARING);
    } finally {
      clearInterval(beating);
    }
    lock.requireHeld();
    await settle();
    if (await stillWaiting()) isLeft = true;
  };
  let isSlow = false;
  /** Lets the training wait where it would leave too many evaluations behind. */
  const catchUp = async (evaluations: Evaluations): Promise<void> => {
    while (evaluations.isFull && !isEnding()) {
      if (!isSlow)
        options.onWarning?.(
          `evaluations take longer than the ${amount(evaluateEvery, "iterations")} between them: none is left out, and the training waits while more than ${WAITING} are due`,
        );
      isSlow = true;
      await awaitOne(evaluations);
    }
  };
  /** Awaits all evaluations, the last iteration's included. */
  const finish = async (evaluations: Evaluations): Promise<void> => {
    const { iteration: last } = trainer;
    if ((await missedEvaluations(run, last)).includes(last)) await evaluations.add(last);
    let told: number | undefined;
    for (let next = evaluations.underway; next !== undefined; next = evaluations.underway) {
      if (isEnding()) break;
      if (next !== told) options.onAwait?.(next);
      told = next;
      await awaitOne(evaluations);
    }
    await attempt("a checkpoint", () => pruneCheckpoints(run.checkpoints, keep, evaluations.needed));
  };
  let pictured: number | undefined;
  const picture = async (): Promise<void> => {
    await attempt("the sample picture", () => writeSample(trainer, run, board));
    pictured = trainer.iteration;
  };
  // A consumer that leaves the loop ends the run without more ado.
  let end: Heartbeat["state"] = "stopped";
  let lastBeat = performance.now();
  let lastBreath = lastBeat;
  const board = await EventFileWriter.open(run.tensorboard);
  const diagnosis = await TrainingDiagnosis.open(trainer, run, board);
  const tell = async (told: Promise<readonly Found[]>): Promise<void> => {
    for (const found of await told) {
      if (options.stopOn?.includes(found.finding.name)) isStopped = true;
      options.onFinding?.(found);
    }
  };
  const resumed = trainer.iteration > 0 || (await run.status()) !== "new";
  if (resumed) board.restart(trainer.iteration + 1);
  await beat("running");
  try {
    for (const missed of await missedEvaluations(run, trainer.iteration)) await evaluations?.add(missed);
    await tidy(run, trainer.iteration, keep, evaluations?.needed);
    if ((await listCheckpoints(run.checkpoints)).includes(trainer.iteration)) saved = trainer.iteration;
    if (resumed)
      await attempt("an event", () => run.append({ event: "resume", iteration: trainer.iteration }));
    const first = trainer.iteration;
    await attempt("the picture of the data", () => writeReals(trainer, run));
    if (first > 0 && run.record.forkedFrom?.iteration === first) await picture();
    await attempt("a finding", () => tell(diagnosis.begin()));
    const isOver = await goOn(isStopped);
    for await (const report of trainer.run(isOver ? trainer.iteration : upTo)) {
      const { iteration, scalars } = report;
      const last = iteration === report.steps;
      if (scalars !== undefined) {
        const seconds = (performance.now() - began) / 1000;
        await attempt("an event", () =>
          run.append({ iteration, imagesSeen: report.imagesSeen, seconds, ...scalars }),
        );
        for (const [name, value] of Object.entries(scalars)) board.scalar(name, iteration, value);
      }
      if (last || isPictured(iteration, sampleEvery)) await picture();
      await attempt("a finding", () => tell(diagnosis.after(report)));
      await settle();
      if (evaluations?.isDue(iteration) && !last) {
        await attempt("the checkpoint", save);
        if (saved === iteration) await evaluations.add(iteration);
        await catchUp(evaluations);
      }
      const now = performance.now();
      const { checkpointMinutes } = intervals;
      const isDue =
        iteration % checkpointEvery === 0 ||
        (checkpointMinutes !== null && now - lastSave >= checkpointMinutes * MINUTE);
      if ((isDue || options.wantsCheckpoint?.()) && !last && saved !== iteration)
        await attempt("the checkpoint", save);
      if (now - lastBeat > HEARTBEAT) {
        lastBeat = now;
        lock.requireHeld();
        await beat("running");
        await attempt("the TensorBoard file", () => board.flush());
      }
      // Training is one microtask after the other: without a pause no timer, signal or message would be heard.
      if (now - lastBreath > BREATH) {
        lastBreath = now;
        await setImmediate();
      }
      yield report;
      if (await goOn(isEnding() || isStopped || report.iteration === upTo)) break;
    }
    if (trainer.iteration > first && pictured !== trainer.iteration) await picture();
    await saveLast();
    options.onVerdict?.(diagnosis.found);
    if (trainer.iteration >= trainer.config.steps) end = "done";
    const isJudged = end === "done" || evaluations?.isDue(trainer.iteration);
    if (trainer.iteration >= upTo && isJudged && evaluations !== undefined) await finish(evaluations);
    await endOthers();
  } catch (error) {
    end = "failed";
    if (error instanceof DivergedError)
      throw await adviseAfter(error, run, trainer.config, trainer.iteration > 0);
    throw error;
  } finally {
    await evaluations?.close();
    diagnosis.close();
    if (lock.isLost) await board.close().catch(() => {});
    else {
      await beat(end);
      await attempt("the TensorBoard file", () => board.close());
    }
  }
}

/** Removes what a killed writer left half written, and the checkpoints of a future that is given up. */
async function tidy(
  run: RunDirectory,
  iteration: number,
  keep: number,
  needed?: ReadonlySet<number>,
): Promise<void> {
  // Evaluations of a run write their report into it, whoever trains it.
  await removeForeignTemporaries(run.path, ["report.json"]).catch(() => {});
  for (const folder of [run.samples, run.tensorboard]) await removeForeignTemporaries(folder).catch(() => {});
  await sweepCheckpoints(run.checkpoints).catch(() => {});
  await pruneCheckpoints(run.checkpoints, keep, needed, iteration).catch(() => {});
}
