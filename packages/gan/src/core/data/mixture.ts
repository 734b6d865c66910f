import { z } from "zod";
import { MemoryPoints, type PointMode, type PointsDataset } from "./dataset.js";
import { Random } from "./random.js";

/** What the mixtures of Gaussians have in common. */
export const mixtureOptions = {
  count: z.int().min(1).max(100_000_000).default(100_000).describe("how many points"),
  seed: z.int().default(0).describe("of the points drawn"),
};

/** Points drawn once from a mixture of equally likely modes; their labels number the modes. */
export function drawMixture(
  name: string,
  modes: readonly PointMode[],
  count: number,
  seed: number,
): PointsDataset {
  const random = new Random(seed);
  const labels = new Int32Array(count);
  const data = new Float32Array(new SharedArrayBuffer(count * 2 * 4));
  for (let point = 0; point < count; point++) {
    const label = random.integer(modes.length);
    const { mean, std } = modes[label]!;
    labels[point] = label;
    data[2 * point] = mean[0]! + std * random.gaussian();
    data[2 * point + 1] = mean[1]! + std * random.gaussian();
  }
  const classes = modes.map((_, mode) => String(mode));
  const items = { data, record: 2, parts: 1, table: undefined };
  return new MemoryPoints({ name, shape: [2], classes, labels, items }, modes);
}
