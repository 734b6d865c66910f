import { type Tensor, torch } from "@gantry/torch";
import type { Draws } from "./draws.js";
import { drawShifts, shifted } from "./shift.js";

/** What comes of images N,C,H,W. */
type Transform = (images: Tensor, draws: Draws) => Tensor;

const rounded = (part: number) => Math.floor(part + 0.5);

const each = (images: Tensor) => [images.size(0), 1, 1, 1];

/** Away from a mean, or towards it. */
const stretched = (images: Tensor, mean: Tensor, by: Tensor) => images.sub(mean).mul(by).add(mean);

const color: Transform = (images, draws) => {
  const bright = images.add(draws.uniform(each(images)).sub(0.5));
  const saturated = stretched(bright, bright.mean([1], true), draws.uniform(each(images)).mul(2));
  return stretched(saturated, saturated.mean([1, 2, 3], true), draws.uniform(each(images)).add(0.5));
};

const translation: Transform = (images, draws) => {
  const [count = 0, , height = 0, width = 0] = images.shape;
  return shifted(images, drawShifts(draws, count, [rounded(height / 8), rounded(width / 8)]), "zero");
};

const cutout: Transform = (images, draws) => {
  const [count = 0, , height = 0, width = 0] = images.shape;
  const { dtype, device } = images;
  const beyond = (length: number, shape: readonly number[]) => {
    const size = rounded(length / 2);
    const middle = draws.integers(0, length + (1 - (size % 2)), [count, 1, 1]).reshape([count, 1, 1, 1]);
    const from = middle.sub(Math.floor(size / 2));
    const places = torch.arange(0, length, 1, { dtype: "int64", device }).reshape(shape);
    return places.lt(from).logicalOr(places.ge(from.add(size)));
  };
  const rows = beyond(height, [1, 1, height, 1]);
  const columns = beyond(width, [1, 1, 1, width]);
  return images.mul(rows.logicalOr(columns).to({ dtype }));
};

export const POLICIES = { color, translation, cutout };

/**
 * DiffAugment: brightness, saturation and contrast; a shift of up to an eighth; a hole of half the sides. One after the other, each of
 * each image with the probability.
 *
 * Source: mit-han-lab/data-efficient-gans, DiffAugment_pytorch.py.
 * @param images N,C,H,W
 */
export function differentiablyAugmented(
  images: Tensor,
  policy: readonly (keyof typeof POLICIES)[],
  probability: number,
  draws: Draws,
): Tensor {
  return policy.reduce((before, name) => {
    const after = POLICIES[name](before, draws);
    if (probability >= 1) return after;
    return torch.where(draws.uniform(each(images)).lt(probability), after, before);
  }, images);
}
