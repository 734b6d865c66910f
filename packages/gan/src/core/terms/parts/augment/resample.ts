import { sumOf, type Tensor, torch } from "@gantry/torch";

/** The wavelet sym6, low-pass: sums to the root of 2. */
const SYM6 = [
  0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466,
  0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578,
  0.0017677118642428036, -0.007800708325034148,
];
const total = SYM6.reduce((sum, tap) => sum + tap, 0);
const TAPS = SYM6.map((tap) => tap / total);

/** Pixels of the doubled image that the filter reaches beyond an edge, halved. */
export const REACH = SYM6.length / 4;

/** Every second tap, from the first or the second on. */
const phase = (taps: readonly number[], from: 0 | 1) => taps.filter((_, i) => i % 2 === from);

/**
 * sum_k taps[k] * tensor[from + k], `length` of them. By shifts rather than a convolution: autocast would round that, and nothing
 * is kept for the gradient here.
 */
const weighted = (tensor: Tensor, dim: number, taps: readonly number[], from: number, length: number) =>
  sumOf(taps.map((tap, k) => tensor.narrow(dim, from + k, length).mul(tap)));

/** Twice as long along one side, by sym6. */
export function doubledAlong(images: Tensor, dim: 2 | 3): Tensor {
  const length = images.size(dim);
  const padded = images.constantPadNd(dim === 3 ? [3, 3] : [0, 0, 3, 3]);
  const taps = TAPS.map((tap) => 2 * tap).reverse();
  const even = weighted(padded, dim, phase(taps, 0), 0, length);
  const odd = weighted(padded, dim, phase(taps, 1), 1, length);
  const shape = images.shape.map((side, i) => (i === dim ? 2 * side : side));
  return torch.stack([even, odd], dim + 1).reshape(shape);
}

function halvedAlong(images: Tensor, dim: 2 | 3): Tensor {
  const half = images.size(dim) / 2;
  const length = half - 2 * REACH;
  const pairs = images.reshape(images.shape.flatMap((side, i) => (i === dim ? [half, 2] : [side])));
  const even = weighted(pairs.select(dim + 1, 0), dim, phase(TAPS, 1), 1, length);
  const odd = weighted(pairs.select(dim + 1, 1), dim, phase(TAPS, 0), 0, length);
  return even.add(odd);
}

/** N,C,2H,2W to N,C,H-6,W-6: the transpose of doubling both sides, without the pixels whose filter reaches beyond an edge. */
export const halved = (images: Tensor): Tensor => halvedAlong(halvedAlong(images, 3), 2);
