import { type Tensor, torch } from "@gantry/torch";

/** Keys' cubic with a = -0.5. */
function bicubic(x: number): number {
  const a = -0.5;
  const at = Math.abs(x);
  if (at < 1) return ((a + 2) * at - (a + 3)) * at * at + 1;
  return at < 2 ? ((at - 5) * at + 8) * at * a - 4 * a : 0;
}

/** What each output is of the inputs along one axis: to,from float64. The kernel widens where the image shrinks. */
function shares(from: number, to: number): Tensor {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const support = 2 * stretch;
  const matrix = new Float64Array(to * from);
  for (let out = 0; out < to; out++) {
    const centre = (out + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let at = first; at < end; at++) {
      const share = bicubic((at - centre + 0.5) / stretch);
      matrix[out * from + at] = share;
      sum += share;
    }
    for (let at = first; at < end; at++) matrix[out * from + at]! /= sum;
  }
  return torch.fromTypedArray(matrix, [to, from]);
}

/**
 * Bicubic resize as Pillow does it to images of mode F: first along rows, then columns, in float64 rounded to float32 after
 * each; an axis that keeps its length is left as it is.
 *
 * Source: python-pillow/Pillow, Resample.c; what GaParmar/clean-fid's mode `clean` asks it for.
 * @param images float32 N,C,H,W
 * @returns float32 N,C,height,width. Call inside a scope().
 */
export function pillowBicubic(images: Tensor, height: number, width: number): Tensor {
  const [rows, columns] = [images.size(2), images.size(3)];
  const exact = (tensor: Tensor) => tensor.to({ dtype: "float64" });
  const across =
    columns === width ? images : exact(images).matmul(shares(columns, width).t()).to({ dtype: "float32" });
  return rows === height ? across : shares(rows, height).matmul(exact(across)).to({ dtype: "float32" });
}
