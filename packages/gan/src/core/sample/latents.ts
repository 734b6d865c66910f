import { RandomGenerator, scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import type { Prior } from "../nets/prior.js";

/** Latents drawn at once where many are drawn part by part, and numbers of these: what is held of them is bounded. */
const BLOCK = { latents: 8192, numbers: 2 ** 22 } as const;

/** Whether latents lie around a sphere, so that the way between two of them is an arc. */
export const isGaussian = (prior: Prior): boolean =>
  prior.distribution === "normal" && prior.codes.length === 0;

/** @throws UsageError for latents of which no numbers can be drawn anew */
export function requireTruncatable(prior: Prior): void {
  if (isGaussian(prior)) return;
  throw new UsageError(
    prior.codes.length > 0
      ? "truncation would cut the codes of these latents; leave it out"
      : "truncation is for latents of N(0, 1), and this run's are not; train with net.prior.distribution=normal",
  );
}

/**
 * Latents of a prior, one after the other, drawn on the processor.
 * @param truncation numbers further than this from 0 are drawn anew until they are not: fewer kinds of images, and likelier
 * ones (Brock et al. 2019, BigGAN, section 3.1); Infinity: none are
 * @throws UsageError for latents that are not Gaussian
 */
export function drawLatents(
  prior: Prior,
  count: number,
  random: RandomGenerator,
  truncation: number,
): Float32Array {
  if (truncation !== Number.POSITIVE_INFINITY) requireTruncatable(prior);
  const numbers = (draw: () => Tensor) => scope(() => draw().toTypedArray()) as Float32Array;
  const latents = numbers(() => prior.sample(count, random));
  if (truncation === Number.POSITIVE_INFINITY) return latents;
  const beyond: number[] = [];
  for (let at = 0; at < latents.length; at++)
    if (Math.abs(latents[at] as number) > truncation) beyond.push(at);
  while (beyond.length > 0) {
    const anew = numbers(() => torch.randn([beyond.length], { generator: random }));
    let left = 0;
    for (const [i, at] of beyond.entries()) {
      latents[at] = anew[i] as number;
      if (Math.abs(latents[at] as number) > truncation) beyond[left++] = at;
    }
    beyond.length = left;
  }
  return latents;
}

/**
 * Latents of a seed in blocks, so that any number of them can be drawn. Those of one block (8192, of more than 512 numbers
 * fewer) are those that drawLatents() makes of that seed.
 */
export function* latentBlocks(
  prior: Prior,
  count: number,
  seed: number,
  truncation: number,
): IterableIterator<Float32Array> {
  const random = new RandomGenerator(seed, "cpu");
  const block = Math.max(1, Math.min(BLOCK.latents, Math.floor(BLOCK.numbers / prior.size)));
  for (let from = 0; from < count; from += block)
    yield drawLatents(prior, Math.min(block, count - from), random, truncation);
}
