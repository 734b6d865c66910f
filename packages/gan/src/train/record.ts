import { join } from "node:path";
import { EventFileWriter, pngSize, writeFileAtomically } from "@gantry/formats";
import { scope, type Tensor } from "@gantry/torch";
import { isPoints } from "../data/index.js";
import { scorePoints } from "../metrics/points.js";
import { pruneCheckpoints, saveCheckpoint } from "./checkpoint.js";
import type { RunDirectory } from "./runDirectory.js";
import { drawSamples, POINTS_PER_IMAGE } from "./samples.js";
import type { StepReport, Trainer } from "./trainer.js";

export interface RecordOptions {
  /** Aborting it ends the run after the iteration under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** One line about something that failed without ending the run. */
  readonly onWarning?: (message: string) => void;
}

/** Milliseconds between heartbeats. */
const HEARTBEAT = 2000;

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
  const warn = options.onWarning ?? (() => {});
  const attempt = async (what: string, action: () => Promise<unknown>): Promise<void> => {
    try {
      await action();
    } catch (error) {
      warn(`${what} was not written: ${(error as Error).message}`);
    }
  };
  const board = await EventFileWriter.open(run.tensorboard);
  const began = performance.now();
  let beat = 0;
  let saved = -1;
  const save = async (): Promise<void> => {
    await saveCheckpoint(trainer, run.checkpoints);
    await pruneCheckpoints(run.checkpoints, keep);
    saved = trainer.iteration;
  };
  const beatNow = (state: Parameters<RunDirectory["heartbeat"]>[1]) =>
    run.heartbeat(trainer.iteration, state);
  try {
    if (trainer.iteration > 0) await run.append({ event: "resume", iteration: trainer.iteration });
    await attempt("the heartbeat", () => beatNow("running"));
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
      if (iteration % intervals.checkpoint === 0 && !last) await attempt("the checkpoint", save);
      if (performance.now() - beat > HEARTBEAT) {
        beat = performance.now();
        await attempt("the heartbeat", () => beatNow("running"));
        await attempt("the TensorBoard file", () => board.flush());
      }
      yield report;
      if (options.signal?.aborted) break;
    }
    if (saved !== trainer.iteration) await save();
    await attempt("the heartbeat", () =>
      beatNow(trainer.iteration >= trainer.config.steps ? "done" : "stopped"),
    );
  } catch (error) {
    await attempt("the heartbeat", () => beatNow("failed"));
    throw error;
  } finally {
    await attempt("the TensorBoard file", () => board.close());
  }
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
        "points/modesCovered": scores.modesCovered,
        "points/highQuality": scores.highQuality,
        "points/reverseKl": scores.reverseKl,
      };
      await run.append({ iteration, ...scalars });
      for (const [name, value] of Object.entries(scalars)) board.scalar(name, iteration, value);
    }
    const png = await drawSamples(trainer, samples);
    await writeFileAtomically(join(run.samples, sampleFile(iteration)), png);
    const { width, height } = pngSize(png);
    board.image("samples", iteration, png, width, height);
  } finally {
    samples.dispose();
  }
}
