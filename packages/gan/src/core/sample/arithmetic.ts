import { RandomGenerator, scope, torch } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import type { Prior } from "../nets/prior.js";

/** Exemplars of a concept, whose mean is added or taken away. */
export interface Exemplars {
  readonly sign: 1 | -1;
  /** Their places in a grid of latents, from 0. */
  readonly places: readonly number[];
}

/** What latents add up to. */
export interface LatentSum {
  /** The mean of each group, one after the other. */
  readonly means: Float32Array;
  /** The sum of the means, each with its sign. */
  readonly result: Float32Array;
}

/**
 * Vector arithmetic with latents, each concept the mean of exemplars: of single ones the result is unstable.
 * Source: Radford et al. 2016 (DCGAN), section 6.3.2.
 * @param latents of the grid, one after the other, each of length `size`
 * @throws UsageError for a place that is not in the grid, one that a mean has twice, and a mean of nothing
 */
export function latentArithmetic(
  latents: Float32Array,
  size: number,
  groups: readonly Exemplars[],
): LatentSum {
  const count = latents.length / size;
  const means = new Float32Array(groups.length * size);
  const sum = new Float64Array(size);
  for (const [g, { sign, places }] of groups.entries()) {
    checkPlaces(places, count);
    for (let i = 0; i < size; i++) {
      let total = 0;
      for (const place of places) total += latents[place * size + i]!;
      means[g * size + i] = total / places.length;
      sum[i] = sum[i]! + (sign * total) / places.length;
    }
  }
  return { means, result: Float32Array.from(sum) };
}

function checkPlaces(places: readonly number[], count: number): void {
  if (places.length === 0) throw new UsageError("a mean is of one exemplar or more; name their positions");
  for (const [i, place] of places.entries()) {
    if (place >= count)
      throw new UsageError(
        `there is no position ${place} in the grid: it has ${count}, 0 to ${count - 1}; a larger one: --count ${place + 1}`,
      );
    if (places.indexOf(place) !== i)
      throw new UsageError(`position ${place} is named twice in one mean; name each once`);
  }
}

/** Half the width of the noise, in standard deviations of the prior: 0.25 for U(-1, 1). */
const REACH = 0.25 * Math.sqrt(3);
const DEVIATION = { normal: 1, uniform: 1 / Math.sqrt(3), unit: 1 / Math.sqrt(12) } as const;

/**
 * Latents near one: uniform noise is added to every number but those of codes, which mean something. The paper's noise is of
 * +-0.25 for latents of U(-1, 1); for others it has the same share of their standard deviation.
 * Source: Radford et al. 2016 (DCGAN), figure 7.
 */
export function latentNeighbours(
  latent: Float32Array,
  { size, distribution, codes }: Prior,
  count: number,
  seed: number,
): Float32Array {
  const random = new RandomGenerator(seed, "cpu");
  const noise = scope(() => torch.rand([count, size], { generator: random }).toTypedArray()) as Float32Array;
  const reach = REACH * DEVIATION[distribution];
  const end = codes[0]?.from ?? size;
  return noise.map((value, at) => {
    const i = at % size;
    return latent[i]! + (i < end ? reach * (2 * value - 1) : 0);
  });
}
