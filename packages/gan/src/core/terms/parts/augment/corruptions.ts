import type { Tensor } from "@gantry/torch";
import { torch } from "@gantry/torch";
import { type Draws, sometimes } from "./draws.js";
import type { Multipliers } from "./geometry.js";

/** Standard deviation of the noise's standard deviation. */
const NOISE = 0.1;
/** Of a side. */
const HOLE = 0.5;

/**
 * Adds noise, and cuts a hole of half the sides, each with its probability.
 *
 * Source: NVlabs/stylegan2-ada-pytorch, training/augment.py.
 * @param images N,C,H,W
 */
export function corrupted(images: Tensor, probability: number, factors: Multipliers, draws: Draws): Tensor {
  const [count = 0, , height = 0, width = 0] = images.shape;
  const { noise = 0, cutout = 0 } = factors;
  let result = images;
  if (noise > 0) {
    const drawn = draws.normal([count, 1, 1, 1]).abs().mul(NOISE);
    const sigma = sometimes(draws, drawn, noise * probability, 0);
    result = result.add(draws.normal(images.shape).mul(sigma));
  }
  if (cutout > 0) {
    const { dtype, device } = images;
    const whole = torch.full([count, 2, 1, 1, 1], HOLE, { dtype, device });
    const size = sometimes(draws, whole, cutout * probability, 0);
    const middle = draws.uniform([count, 2, 1, 1, 1]);
    const beyond = (axis: 0 | 1, length: number, shape: readonly number[]) =>
      torch
        .arange(0, length, 1, { dtype, device })
        .add(0.5)
        .div(length)
        .reshape(shape)
        .sub(middle.select(1, axis))
        .abs()
        .ge(size.select(1, axis).div(2));
    const seen = beyond(0, width, [1, 1, 1, width]).logicalOr(beyond(1, height, [1, 1, height, 1]));
    result = result.mul(seen.to({ dtype }));
  }
  return result;
}
