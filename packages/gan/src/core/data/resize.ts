import { lanczosResampler, type Resample } from "@gantry/formats";
import { UsageError } from "../base/errors.js";

/** Shape of one image: channels, height, width. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** How images of one size become images of another: scaled, or put in the middle of black. */
export type Fit = "resize" | "pad";

/** Brings one image, C,H,W, to `size` x `size`, in new memory. */
export type FitImage = (image: Uint8Array) => Uint8Array;

/**
 * How images of one shape become images of `size` x `size`.
 *
 * `resize` is Lanczos 3 (Pillow's LANCZOS, to the bit). `pad` surrounds with zeros, one more at the bottom and the right
 * where the difference is odd.
 *
 * @throws {UsageError} `pad` to a smaller size.
 */
export function imageFitter([channels, height, width]: ImageShape, size: number, fit: Fit): FitImage {
  const fitPlane: Resample =
    fit === "pad" ? padder(height, width, size) : lanczosResampler(height, width, size, size);
  return (image) => {
    const out = new Uint8Array(channels * size * size);
    for (let plane = 0; plane < channels; plane++)
      fitPlane(
        image.subarray(plane * height * width, (plane + 1) * height * width),
        out.subarray(plane * size * size, (plane + 1) * size * size),
      );
    return out;
  };
}

function padder(height: number, width: number, size: number): Resample {
  if (height > size || width > size) {
    throw new UsageError(
      `images of ${width}x${height} cannot be padded to ${size}x${size}: use fit "resize"`,
    );
  }
  const top = Math.floor((size - height) / 2);
  const left = Math.floor((size - width) / 2);
  return (from, to) => {
    to.fill(0);
    for (let y = 0; y < height; y++)
      to.set(from.subarray(y * width, (y + 1) * width), (top + y) * size + left);
  };
}
