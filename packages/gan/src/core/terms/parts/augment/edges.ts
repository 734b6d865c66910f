import { type Tensor, torch } from "@gantry/torch";

/** Pixels that a side of `length` shows where it is mirrored at its ends, from `-before` on to `length + after`. */
function mirrored(length: number, before: number, after: number): number[] {
  return Array.from({ length: before + length + after }, (_, i) => {
    const place = Math.abs(i - before);
    return place < length ? place : 2 * (length - 1) - place;
  });
}

/** Mirrors images at their edges; of each side fewer pixels than it has. */
export function reflect(
  images: Tensor,
  pad: { left: number; right: number; top: number; bottom: number },
): Tensor {
  const along = (tensor: Tensor, dim: number, before: number, after: number) => {
    if (before === 0 && after === 0) return tensor;
    const places = mirrored(tensor.size(dim), before, after);
    return tensor.indexSelect(dim, torch.tensor(places, { dtype: "int64", device: tensor.device }));
  };
  return along(along(images, 3, pad.left, pad.right), 2, pad.top, pad.bottom);
}
