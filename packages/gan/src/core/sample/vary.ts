import { UsageError } from "../base/errors.js";
import type { Code } from "../nets/prior.js";

/** How far a continuous code goes, beyond the U(-1, 1) it is drawn from: what it means is clearer there. */
const REACH = 2;

/**
 * Each latent in turn, with one of its codes taking its values one after the other: every category, or from -2 to 2.
 * Source: Chen et al. 2016 (InfoGAN), figure 2.
 * @param latents one after the other, each of length `size`
 * @param frames values of a continuous code, at least 2; categorical ones have their own
 * @returns the latents, and how many each one became
 */
export function vary(
  latents: Float32Array,
  size: number,
  { kind, from, length }: Code,
  frames: number,
): { latents: Float32Array; frames: number } {
  const count = latents.length / size;
  if (!Number.isInteger(count))
    throw new UsageError(`${latents.length} numbers are no latents of length ${size}`);
  if (!Number.isInteger(frames) || frames < 2)
    throw new UsageError(`a code takes at least 2 values in a row, not ${frames}`);
  const values = kind === "categorical" ? length : frames;
  const out = new Float32Array(count * values * size);
  for (let row = 0; row < count; row++)
    for (let value = 0; value < values; value++) {
      const to = (row * values + value) * size;
      out.set(latents.subarray(row * size, (row + 1) * size), to);
      if (kind === "continuous") out[to + from] = REACH * ((2 * value) / (values - 1) - 1);
      else out.fill(0, to + from, to + from + length)[to + from + value] = 1;
    }
  return { latents: out, frames: values };
}
