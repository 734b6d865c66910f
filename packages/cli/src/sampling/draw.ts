import type { Sampler } from "@gantry/gan";
import type { Output } from "../output.js";
import type { Choice } from "./choice.js";

type OnProgress = Output["reporter"]["progress"];

/** Samples of the chosen latents, one after the other. */
export function draw(onProgress: OnProgress, sampler: Sampler, { latents, labels }: Choice): Float32Array {
  const each = sampler.data.shape.reduce((product, extent) => product * extent, 1);
  const count = latents.length / sampler.latentSize;
  const data = new Float32Array(count * each);
  let at = 0;
  for (const part of sampler.samples(latents, labels)) {
    data.set(part, at);
    at += part.length;
    onProgress({ what: "drawing samples", done: at / each, total: count, unit: sampler.data.kind });
  }
  return data;
}

/** What to rank: so many drawn by a seed, of these classes, or the chosen ones. */
export type Ranked = Choice | { readonly from: number; readonly seed: number };

/**
 * The best samples by the discriminator's score, highest first. However many are drawn, no more than two for each that is kept
 * are held.
 * @param keep how many
 */
export async function drawRanked(
  onProgress: OnProgress,
  sampler: Sampler,
  ranked: Ranked,
  classes: readonly number[] | undefined,
  keep: number,
): Promise<{ data: Float32Array; highest: number; lowest: number }> {
  const { Best, rowClasses } = await import("@gantry/gan");
  const size = sampler.latentSize;
  const best = new Best(keep);
  const given = "latents" in ranked;
  const total = given ? ranked.latents.length / size : ranked.from;
  let done = 0;
  for (const block of given ? [ranked.latents] : sampler.latentBlocks(total, ranked.seed)) {
    const labels = classes === undefined ? undefined : rowClasses(done, block.length / size, classes);
    for (const { samples, scores } of sampler.judged(block, labels)) {
      best.add(samples, scores);
      done += scores.length;
      onProgress({ what: "judging samples", done, total, unit: sampler.data.kind });
    }
  }
  const kept = best.ranked();
  const each = sampler.data.shape.reduce((product, extent) => product * extent, 1);
  const data = new Float32Array(kept.length * each);
  for (const [i, sample] of kept.entries()) data.set(sample.data, i * each);
  return { data, highest: kept[0]!.score, lowest: kept.at(-1)!.score };
}
