import { distributed, type RandomGenerator, type Tensor, torch } from "@gantry/torch";

/** Where an augmentation's random numbers come from; shapes begin with the images. */
export interface Draws {
  /** U(0, 1) */
  uniform(shape: readonly number[]): Tensor;
  /** N(0, 1) */
  normal(shape: readonly number[]): Tensor;
  /** Whole numbers, int64, from `low` on and below `high`. */
  integers(low: number, high: number, shape: readonly number[]): Tensor;
}

/** Draws of the element type and on the device of `images`. */
export function drawsOf(generator: RandomGenerator, { dtype, device }: Tensor): Draws {
  const { drawRows } = distributed;
  return {
    uniform: (shape) => drawRows(shape, (all) => torch.rand(all, { generator, dtype, device })),
    normal: (shape) => drawRows(shape, (all) => torch.randn(all, { generator, dtype, device })),
    integers: (low, high, shape) =>
      drawRows(shape, (all) => torch.randint(low, high, all, { generator, dtype: "int64", device })),
  };
}

/**
 * A drawn value with a probability, else what changes nothing: chosen for each image.
 * @param value N,...
 */
export function sometimes(draws: Draws, value: Tensor, probability: number, neutral: number): Tensor {
  const chosen = draws.uniform(value.shape.map((length, i) => (i === 0 ? length : 1))).lt(probability);
  return torch.where(chosen, value, value.fullLike(neutral));
}

/** 2^exponent. */
export const powerOfTwo = (exponent: Tensor): Tensor => exponent.mul(Math.LN2).exp();
