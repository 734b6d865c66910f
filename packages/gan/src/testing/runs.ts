// What the tests of training share: tiny runs, and what there is to compare of them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { encodeIdx } from "@gantry/formats";
import type { JsonObject } from "../core/base/json.js";
import { resolveConfig } from "../core/config/config.js";
import type { Config } from "../core/config/schema.js";
import { Random } from "../core/data/index.js";
import type { RecordOptions } from "../train/record.js";
import type { Run } from "../train/train.js";
import type { StepReport } from "../train/trainer.js";

/** A folder that is removed when the file's tests are over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-train-"));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Writes 40 grey pictures of 28 pixels, noise with labels 0 to 9, as IDX files.
 * @returns the images' path
 */
export async function writeImages(folder: string): Promise<string> {
  const random = new Random(4);
  const data = Uint8Array.from({ length: 40 * 28 * 28 }, () => random.integer(256));
  const images = join(folder, "train-images-idx3-ubyte");
  await writeFile(images, encodeIdx({ shape: [40, 28, 28], data }));
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 10);
  await writeFile(join(folder, "train-labels-idx1-ubyte"), encodeIdx({ shape: [40], data: labels }));
  return images;
}

/** A recipe so small that an iteration takes milliseconds; images from `images` where it is not for points. */
export async function tinyConfig(recipe: string, images: string, ...settings: JsonObject[]): Promise<Config> {
  const points = recipe === "gan";
  const size = points
    ? {
        data: { count: 200 },
        net: { generatorHidden: [6], discriminatorHidden: [6], initialization: "default" },
        batch: 16,
        samples: 4,
      }
    : {
        data: { name: null, path: images },
        net: { channels: 2, prior: { size: 4 } },
        batch: 6,
        samples: 9,
      };
  return await resolveConfig({
    recipe,
    settings: [
      size,
      {
        steps: 8,
        threads: 1,
        average: { decay: 0.8, start: 2 },
        schedule: { decay: "linear" },
        intervals: { log: 2, sample: 2, checkpoint: 2 },
      },
      ...settings,
    ],
  });
}

/** Trains to the end, or until `until` says so with the loop left behind. */
export async function finish(
  run: Run,
  options: RecordOptions & { until?: (report: StepReport) => boolean } = {},
): Promise<StepReport[]> {
  const reports: StepReport[] = [];
  try {
    for await (const report of run.reports(options)) {
      reports.push(report);
      if (options.until?.(report)) break;
    }
  } finally {
    await run.trainer.close();
  }
  return reports;
}
