import { type Tensor, torch } from "@gantry/torch";

/** Pixels that a side of `length` shows where it is mirrored at its ends, from `-before` on to `length + after`. */
function mirrored(length: number, before: number, after: number): number[] {
  return Array.from({ length: before + length + after }, (_, i) => {
    const place = Math.abs(i - before);
    return place < length ? place : 2 * (length - 1) - place;
  });
}

/** Mirrors images at two of their edges; fewer pixels than the side has. */
export function reflectAlong(images: Tensor, dim: 2 | 3, before: number, after: number): Tensor {
  if (before === 0 && after === 0) return images;
  const places = mirrored(images.size(dim), before, after);
  return images.indexSelect(dim, torch.tensor(places, { dtype: "int64", device: images.device }));
}
