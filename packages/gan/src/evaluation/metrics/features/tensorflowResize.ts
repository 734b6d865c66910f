import { type Tensor, torch } from "@gantry/torch";

/** Which two inputs each output lies between along one axis, and how far from the first. */
function positions(from: number, to: number): { low: Tensor; high: Tensor; share: Tensor } {
  const low = new BigInt64Array(to);
  const high = new BigInt64Array(to);
  const share = new Float32Array(to);
  // TensorFlow computes the scale and the products in float32, and so must this to have its bits.
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const place = Math.fround(i * scale);
    const first = Math.min(Math.trunc(place), from - 1);
    low[i] = BigInt(first);
    high[i] = BigInt(Math.min(first + 1, from - 1));
    share[i] = Math.fround(place - first);
  }
  return {
    low: torch.fromTypedArray(low),
    high: torch.fromTypedArray(high),
    share: torch.fromTypedArray(share),
  };
}

/**
 * Bilinear resize as TensorFlow 1 does it by default, which FID is defined with: output i lies at input i * in / out,
 * without half-pixel centres, and past the last input it stays on it. The result leans to the upper left, and shrinking
 * aliases: neither PyTorch's nor Pillow's resize gives it.
 *
 * Source: TensorFlow 1 `resize_bilinear` with align_corners=False; torch-fidelity's interpolate_compat_tensorflow.py.
 * @param images float32 N,C,H,W
 * @returns N,C,height,width. Call inside a scope().
 */
export function tensorflowResize(images: Tensor, height: number, width: number): Tensor {
  const across = positions(images.size(3), width);
  const left = images.indexSelect(3, across.low);
  const rows = left.add(images.indexSelect(3, across.high).sub(left).mul(across.share));
  const down = positions(images.size(2), height);
  const top = rows.indexSelect(2, down.low);
  return top.add(
    rows
      .indexSelect(2, down.high)
      .sub(top)
      .mul(down.share.reshape([height, 1])),
  );
}
