import type { Sampler } from "@gantry/gan";
import { UsageProblem } from "./errors.js";

/** What is asked of a mixing grid. */
interface Asked {
  /** Rows of each range of layers; default 2. */
  readonly count: number | undefined;
  /** Sources of styles. */
  readonly frames: number;
  readonly seed: number;
  readonly truncation: number | undefined;
}

/**
 * StyleGAN's mixing grid: images, row by row.
 * @param limit refuses so many images, in rows of so many
 * @throws UsageProblem for generators without styles
 */
export async function drawMixing(
  sampler: Sampler,
  { count = 2, frames, seed, truncation }: Asked,
  limit: (count: number, columns: number) => void,
  onProgress: (progress: { what: string; done: number; total: number; unit: "images" }) => void,
): Promise<{ data: Float32Array; count: number; columns: number }> {
  const { drawMixingGrid, styleRanges } = await import("@gantry/gan");
  if (sampler.styleSides === undefined)
    throw new UsageProblem(
      "--mixing: this generator has no styles to mix; train the recipe stylegan, or with --set net.family=stylegan",
    );
  const rows = count * styleRanges(sampler.styleSides).length;
  const columns = frames + 1;
  const images = (rows + 1) * columns;
  limit(images, columns);
  const latents = sampler.latents(frames + rows, seed, truncation);
  const sources = latents.subarray(0, frames * sampler.latentSize);
  const data = drawMixingGrid(sampler, sources, latents.subarray(sources.length), {
    onImages: (done) => onProgress({ what: "drawing samples", done, total: images - 1, unit: "images" }),
  });
  return { data, count: images, columns };
}
