import { existsSync } from "node:fs";
import type { Sampler } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import type { Output } from "../output.js";
import { amount } from "../render/format.js";

/**
 * Beside each sample the training image that is nearest to it, pixel by pixel.
 * @param data the samples
 * @returns samples and images in turn, and what is told of them
 * @throws UsageProblem for points, and where the data is not here any more
 */
export async function besideNearest(
  { reporter }: Output,
  sampler: Sampler,
  data: Float32Array,
): Promise<{ data: Float32Array; told: string }> {
  const { nearestReals, openConfiguredData } = await import("@gantry/gan");
  const { kind, shape } = sampler.data;
  if (kind === "points")
    throw new UsageProblem("--nearest is for images; a picture of points shows the data already");
  const { config } = sampler.run;
  const { path } = config.data;
  if (path !== undefined && !existsSync(path))
    throw new UsageProblem(
      `--nearest looks at the run's data, which is not there any more: ${path}; put it back there, or a link to it`,
    );
  const dataset = await openConfiguredData(config, {
    onNotice: reporter.warning,
    onProgress: reporter.progress,
  });
  const found = nearestReals(dataset, data, (done) =>
    reporter.progress({ what: "comparing", done, total: dataset.count, unit: "images" }),
  );
  const size = shape.reduce((product, extent) => product * extent, 1);
  const pairs = new Float32Array(2 * data.length);
  for (const [i, { index }] of found.entries()) {
    pairs.set(data.subarray(i * size, (i + 1) * size), 2 * i * size);
    const real = dataset.read([index]) as Uint8Array;
    pairs.set(
      Float32Array.from(real, (byte) => (2 * byte) / 255 - 1),
      (2 * i + 1) * size,
    );
  }
  const distances = found.map(({ distance }) => distance).sort((a, b) => a - b);
  const [least = 0, middle = 0] = [distances[0], distances[Math.floor(distances.length / 2)]];
  return {
    data: pairs,
    told: `; beside each the nearest of ${amount(dataset.count, "training images")}, by pixels: the closest differs by ${least.toFixed(3)} (root mean square, of a range of 2), the middle one by ${middle.toFixed(3)}`,
  };
}
