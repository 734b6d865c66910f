import { type Tensor, torch } from "@gantry/torch";
import type { Draws } from "./draws.js";

/**
 * Images moved by whole pixels, each by its own.
 * @param images N,C,H,W
 * @param shifts int64 N,1,1, of rows and of columns: what lies so many pixels on comes here
 * @param edge what comes in from beyond: 0, or the image mirrored
 */
export function shifted(
  images: Tensor,
  [down, across]: readonly [Tensor, Tensor],
  edge: "zero" | "mirror",
): Tensor {
  const [count = 0, channels = 0, height = 0, width = 0] = images.shape;
  const { dtype, device } = images;
  const along = (tensor: Tensor, dim: 2 | 3, shift: Tensor) => {
    const side = tensor.size(dim);
    const shape = dim === 2 ? [count, 1, side, 1] : [count, 1, 1, side];
    const wished = torch
      .arange(0, side, 1, { dtype: "int64", device })
      .add(shift.reshape([count, 1]))
      .reshape(shape);
    const last = side - 1;
    const places = edge === "zero" ? wished.clamp(0, last) : wished.abs().sub(last).abs().rsub(last);
    const moved = tensor.gather(dim, places.expand([count, channels, height, width]));
    if (edge === "mirror") return moved;
    return moved.mul(wished.ge(0).logicalAnd(wished.le(last)).to({ dtype }));
  };
  return along(along(images, 2, down), 3, across);
}

/** Shifts of up to so many pixels either way, for shifted(). */
export function drawShifts(draws: Draws, count: number, [rows, columns]: readonly [number, number]) {
  const shape = [count, 1, 1];
  return [draws.integers(-rows, rows + 1, shape), draws.integers(-columns, columns + 1, shape)] as const;
}

/** Mirrors each image from left to right with the probability. */
export function mirroredAtRandom(images: Tensor, probability: number, draws: Draws): Tensor {
  const chosen = draws.uniform([images.size(0), 1, 1, 1]).lt(probability);
  return torch.where(chosen, images.flip([3]), images);
}
