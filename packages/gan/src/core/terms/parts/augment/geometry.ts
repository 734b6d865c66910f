import type { Tensor } from "@gantry/torch";
import { type Draws, powerOfTwo, sometimes } from "./draws.js";
import { product, scaling, translation, turning } from "./matrix.js";

/** By transform, the factor on the probability; 0 for those not named. */
export type Multipliers = Readonly<Record<string, number>>;

/** Farthest whole-pixel shift, and the standard deviation of others: parts of a side. */
const SHIFT = 0.125;
/** Standard deviation of the scales' logarithms to base 2. */
const SCALE = 0.2;

/**
 * How N images are to lie: mirrored, turned by quarters, shifted by whole pixels (blitting); scaled, turned, stretched,
 * shifted (geometry), each with its probability.
 *
 * Source: NVlabs/stylegan2-ada-pytorch, training/augment.py; Karras et al. 2020 (ADA), appendix B.
 * @returns from places of the result to places of the image, in pixels from the middle: N,3,3; undefined for none
 */
export function drawPlacement(
  draws: Draws,
  { count, width, height }: { count: number; width: number; height: number },
  probability: number,
  factors: Multipliers,
): Tensor | undefined {
  let inverse: Tensor | undefined;
  const then = (matrix: Tensor) => {
    inverse = inverse === undefined ? matrix : product(inverse, matrix);
  };
  const chance = (name: string) => (factors[name] ?? 0) * probability;
  const on = (name: string) => (factors[name] ?? 0) > 0;
  const spread = (shape: readonly number[]) => draws.uniform(shape).mul(2).sub(1);
  const shift = (x: Tensor, y: Tensor) => then(translation(x.neg(), y.neg(), x));
  if (on("xflip")) {
    const i = sometimes(draws, draws.uniform([count]).mul(2).floor(), chance("xflip"), 0);
    then(scaling(i.mul(-2).add(1), 1, i));
  }
  if (on("rotate90")) {
    const i = sometimes(draws, draws.uniform([count]).mul(4).floor(), chance("rotate90"), 0);
    then(turning(i.mul(Math.PI / 2)));
  }
  if (on("xint")) {
    const t = sometimes(draws, spread([count, 2]).mul(SHIFT), chance("xint"), 0);
    shift(t.select(1, 0).mul(width).round(), t.select(1, 1).mul(height).round());
  }
  if (on("scale")) {
    const s = sometimes(draws, powerOfTwo(draws.normal([count]).mul(SCALE)), chance("scale"), 1);
    then(scaling(s.reciprocal(), s.reciprocal(), s));
  }
  // Turned before or after it is stretched: one of the two with the probability asked for.
  const each = 1 - Math.sqrt(Math.min(1, Math.max(0, 1 - chance("rotate"))));
  const turn = () => then(turning(sometimes(draws, spread([count]).mul(Math.PI), each, 0)));
  if (on("rotate")) turn();
  if (on("aniso")) {
    const s = sometimes(draws, powerOfTwo(draws.normal([count]).mul(SCALE)), chance("aniso"), 1);
    then(scaling(s.reciprocal(), s, s));
  }
  if (on("rotate")) turn();
  if (on("xfrac")) {
    const t = sometimes(draws, draws.normal([count, 2]).mul(SHIFT), chance("xfrac"), 0);
    shift(t.select(1, 0).mul(width), t.select(1, 1).mul(height));
  }
  return inverse;
}
