import { join } from "node:path";
import { type EventFileWriter, pngSize, writeFileAtomically } from "@gantry/formats";
import { scope, type Tensor } from "@gantry/torch";
import { POINTS_PER_IMAGE } from "../core/config/schema.js";
import { isPoints } from "../core/data/index.js";
import { type RunDirectory, sampleFile } from "../core/run/directory.js";
import { drawReals, drawSamples } from "../core/sample/pictures.js";
import { scorePoints } from "../evaluation/metrics/points.js";
import type { Trainer } from "./trainer.js";

/** 1, 10, 30, 100, 300, ...: most changes early. */
const isEarly = (iteration: number): boolean => iteration === 1 || /^[13]0+$/.test(String(iteration));

/**
 * Whether a training draws what it makes now: early on in growing steps, then by the interval.
 * @param every the interval, in iterations
 */
export const isPictured = (iteration: number, every: number): boolean =>
  iteration % every === 0 || (iteration < every && isEarly(iteration));

/** One picture of the data, as large as those of samples. */
export async function writeReals({ dataset, config }: Trainer, run: RunDirectory): Promise<void> {
  await writeFileAtomically(run.reals, await drawReals(dataset, config.samples));
}

/** One picture of the fixed latents, and for points their scores. */
export async function writeSample(
  trainer: Trainer,
  run: RunDirectory,
  board: EventFileWriter,
): Promise<void> {
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
