import type { Dataset, Sampler } from "@gantry/gan";
import { UsageProblem } from "../errors.js";
import { shellWord } from "../render/format.js";
import { layoutOf } from "./limit.js";

/** Writes samples, one after the other, as float32. */
export async function writeArray(
  out: string,
  sampler: Sampler,
  data: Float32Array,
  count: number,
): Promise<void> {
  const { writeNpy } = await import("@gantry/formats");
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  await writeNpy(out, { dtype: "float32", shape: [count, ...sampler.data.shape], data: bytes });
}

/** Writes images as a grid, points as a plot over the data. */
export async function writePicture(
  out: string,
  sampler: Sampler,
  data: Float32Array,
  count: number,
  columns: number | undefined,
): Promise<void> {
  const { pngGrid, writeFileAtomically } = await import("@gantry/formats");
  const { drawSamples, toBytes } = await import("@gantry/gan");
  const { scope, torch } = await import("@gantry/torch");
  const { shape, kind } = sampler.data;
  let png: Uint8Array;
  if (kind === "points") {
    const dataset = await openPoints(sampler);
    using samples = torch.fromTypedArray(data, [count, ...shape]);
    png = await drawSamples({ dataset }, samples);
  } else {
    const pixels = scope(() => toBytes(torch.fromTypedArray(data)));
    const [channels = 0, height = 0, width = 0] = shape;
    png = await pngGrid({ data: pixels, shape: [channels, height, width] }, layoutOf(count, shape, columns));
  }
  await writeFileAtomically(out, png);
}

/**
 * The points that a run was trained on: they are computed, so that they are always here.
 * @throws UsageProblem where what computes them came from outside
 */
export async function openPoints(sampler: Sampler): Promise<Dataset> {
  const { describeSource, isForeign } = await import("@gantry/gan/run");
  const { openConfiguredData } = await import("@gantry/gan");
  const { config, record, path } = sampler.run;
  const { name = "" } = config.data;
  if (isForeign(record.imports, "data set", name))
    throw new UsageProblem(
      `${path}: its points are drawn over the data set '${name}', which came from outside and is not run unasked; to have it: --import ${shellWord(describeSource(record.imports, "data set", name))}, or --out FILE.npy`,
    );
  return await openConfiguredData(config);
}
