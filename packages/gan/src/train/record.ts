import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { EventFileWriter, pngSize, removeStaleTemporaries, writeFileAtomically } from "@gantry/formats";
import { scope, type Tensor, timed } from "@gantry/torch";
import { isPoints } from "../data/index.js";
import { scorePoints } from "../metrics/points.js";
import { listCheckpoints, pruneCheckpoints, saveCheckpoint } from "./checkpoint.js";
import { Evaluations, missedEvaluation, scalarsOf, type TrainingEvaluation } from "./evaluations.js";
import type { Heartbeat, RunDirectory } from "./runDirectory.js";
import { drawSamples, POINTS_PER_IMAGE } from "./samples.js";
import type { StepReport, Trainer } from "./trainer.js";

export interface RecordOptions {
  /** Aborting it ends the run after the iteration under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** One line about something that failed without ending the run. */
  readonly onWarning?: (message: string) => void;
  /** An evaluation has ended; its checkpoint may be of some iterations before. */
  readonly onEvaluation?: (evaluation: TrainingEvaluation) => void;
  /** The training is done, and the evaluation of this iteration is awaited. */
  readonly onAwait?: (iteration: number) => void;
}

/** Milliseconds between heartbeats. */
const HEARTBEAT = 2000;
/** Milliseconds between turns of the event loop. */
const BREATH = 50;

/** Where a sample picture lies in a run's folder of samples. */
export const sampleFile = (iteration: number) => `${String(iteration).padStart(6, "0")}.png`;

/**
 * Trains, writing everything into the run's directory, and yields the trainer's reports on their way. What cannot be
 * written is warned of; only a last checkpoint that cannot be written is an error.
 * @throws FormatError when the final checkpoint cannot be written; RunError when a loss is not finite
 */
export async function* record(
  trainer: Trainer,
  run: RunDirectory,
  options: RecordOptions = {},
): AsyncGenerator<StepReport, void, void> {
  const { intervals, keep } = trainer.config;
  const began = performance.now();
  const failing = new Set<string>();
  /** What goes wrong on a full disk goes wrong again and again: it is told when it begins. */
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await timed("files", what, action);
      failing.delete(what);
    } catch (error) {
      if (!failing.has(what)) options.onWarning?.(`${what} was not written: ${(error as Error).message}`);
      failing.add(what);
    }
  };
  const { evaluation } = trainer.config;
  const evaluations =
    evaluation === null ? undefined : await Evaluations.open(run, evaluation, trainer.iteration);
  let saved: number | undefined;
  const save = async (): Promise<void> => {
    await saveCheckpoint(trainer, run.checkpoints);
    saved = trainer.iteration;
    await pruneCheckpoints(run.checkpoints, keep, evaluations?.needed);
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
  const beat = (state: Heartbeat["state"]) =>
    attempt("the heartbeat", () => run.heartbeat(trainer.iteration, state));
  /** Awaits the evaluation under way, and then the last one. */
  const finish = async (evaluations: Evaluations): Promise<void> => {
    const beating = setInterval(() => void beat("running"), HEARTBEAT);
    try {
      for (const iteration of new Set([evaluations.underway, trainer.iteration])) {
        if (iteration === undefined) continue;
        if (options.signal?.aborted) break;
        options.onAwait?.(iteration);
        if (evaluations.underway === undefined) evaluations.begin(iteration);
        await evaluations.wait(options.signal);
        await settle();
      }
    } finally {
      clearInterval(beating);
    }
    await attempt("a checkpoint", () => pruneCheckpoints(run.checkpoints, keep, evaluations.needed));
  };
  // A consumer that leaves the loop ends the run without more ado.
  let end: Heartbeat["state"] = "stopped";
  let lastBeat = performance.now();
  let lastBreath = lastBeat;
  const board = await EventFileWriter.open(run.tensorboard);
  const resumed = trainer.iteration > 0 || (await run.status()) !== "new";
  await beat("running");
  try {
    const missed = await missedEvaluation(run, trainer.iteration);
    if (missed !== undefined) evaluations?.begin(missed);
    await tidy(run, trainer.iteration, keep, evaluations?.needed);
    if ((await listCheckpoints(run.checkpoints)).includes(trainer.iteration)) saved = trainer.iteration;
    if (resumed)
      await attempt("an event", () => run.append({ event: "resume", iteration: trainer.iteration }));
    for await (const report of trainer.run()) {
      const { iteration, scalars } = report;
      const last = iteration === report.steps;
      if (scalars !== undefined) {
        const seconds = (performance.now() - began) / 1000;
        await attempt("an event", () =>
          run.append({ iteration, imagesSeen: report.imagesSeen, seconds, ...scalars }),
        );
        for (const [name, value] of Object.entries(scalars)) board.scalar(name, iteration, value);
      }
      if (last || iteration % intervals.sample === 0 || iteration === 1) {
        await attempt("the sample picture", () => writeSample(trainer, run, board));
      }
      await settle();
      if (evaluations?.isDue(iteration) && !last) {
        if (evaluations.underway === undefined) {
          await attempt("the checkpoint", save);
          if (saved === iteration) evaluations.begin(iteration);
        } else
          options.onWarning?.(
            `evaluations take longer than the ${evaluation?.every} iterations between them: those that are due while one is under way are left out`,
          );
      }
      if (iteration % intervals.checkpoint === 0 && !last && saved !== iteration)
        await attempt("the checkpoint", save);
      const now = performance.now();
      if (now - lastBeat > HEARTBEAT) {
        lastBeat = now;
        await beat("running");
        await attempt("the TensorBoard file", () => board.flush());
      }
      // Training is one microtask after the other: without a pause no timer, signal or message would be heard.
      if (now - lastBreath > BREATH) {
        lastBreath = now;
        await setImmediate();
      }
      yield report;
      if (options.signal?.aborted) break;
    }
    if (saved !== trainer.iteration) await save();
    if (trainer.iteration >= trainer.config.steps) {
      end = "done";
      if (evaluations !== undefined) await finish(evaluations);
    }
  } catch (error) {
    end = "failed";
    throw error;
  } finally {
    await evaluations?.close();
    await beat(end);
    await attempt("the TensorBoard file", () => board.close());
  }
}

/** Removes what a killed writer left half written, and the checkpoints of a future that is given up. */
async function tidy(
  run: RunDirectory,
  iteration: number,
  keep: number,
  needed?: ReadonlySet<number>,
): Promise<void> {
  for (const folder of [run.path, run.samples, run.tensorboard])
    await removeStaleTemporaries(folder, 0).catch(() => {});
  await pruneCheckpoints(run.checkpoints, keep, needed, iteration).catch(() => {});
}

/** One picture of the fixed latents, and for points their scores. */
async function writeSample(trainer: Trainer, run: RunDirectory, board: EventFileWriter): Promise<void> {
  const { dataset, config, iteration } = trainer;
  const count = config.samples * (dataset.kind === "points" ? POINTS_PER_IMAGE : 1);
  const samples: Tensor = scope(() => trainer.generate({ count }));
  try {
    if (isPoints(dataset)) {
      const scores = scorePoints(samples.toTypedArray() as Float32Array, dataset.modes);
      const scalars = {
        // As the metric `points` calls them.
        "points/modes": scores.modesCovered,
        "points/high-quality": scores.highQuality,
        "points/reverse-kl": scores.reverseKl,
      };
      await run.append({ iteration, ...scalars });
      for (const [name, value] of Object.entries(scalars)) board.scalar(name, iteration, value);
    }
    const png = await drawSamples(trainer, samples);
    await writeFileAtomically(join(run.samples, sampleFile(iteration)), png);
    board.image("samples", iteration, png, pngSize(png));
  } finally {
    samples.dispose();
  }
}
