import { setImmediate } from "node:timers/promises";
import { UsageError } from "../errors.js";

/** Shape of one image: channels, height, width. */
export type ImageShape = readonly [channels: number, height: number, width: number];

/** How images of one size become images of another: scaled, or put in the middle of black. */
export type Fit = "resize" | "pad";

/**
 * Images of `size` x `size` from images of another size, into `out` (N * C * size * size bytes).
 *
 * `resize` is Lanczos 3, widened when shrinking so that nothing aliases (as Pillow's LANCZOS). `pad` surrounds with
 * zeros, one more at the bottom and the right where the difference is odd.
 *
 * @throws {UsageError} `pad` to a smaller size.
 */
export async function fitImages(
  data: Uint8Array,
  shape: ImageShape,
  size: number,
  fit: Fit,
  out: Uint8Array,
  onImage: (done: number) => void = () => {},
): Promise<void> {
  const [channels, height, width] = shape;
  const fitPlane = fit === "pad" ? padder(height, width, size) : resizer(height, width, size);
  const planes = data.length / (height * width);
  for (let plane = 0; plane < planes; plane++) {
    fitPlane(
      data.subarray(plane * height * width, (plane + 1) * height * width),
      out.subarray(plane * size * size, (plane + 1) * size * size),
    );
    const done = (plane + 1) / channels;
    if (done % 512 === 0) {
      onImage(done);
      await setImmediate();
    }
  }
}

type FitPlane = (from: Uint8Array, to: Uint8Array) => void;

function padder(height: number, width: number, size: number): FitPlane {
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

function resizer(height: number, width: number, size: number): FitPlane {
  const across = taps(width, size);
  const down = taps(height, size);
  const rows = new Float32Array(height * size);
  const sums = new Float32Array(size);
  // Flat arrays and plain loops: this runs over every pixel of a data set.
  return (from, to) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < size; x++) {
        const start = y * width + across.first[x]!;
        const weight = x * across.most;
        let sum = 0;
        for (let tap = 0; tap < across.count[x]!; tap++)
          sum += across.weights[weight + tap]! * from[start + tap]!;
        rows[y * size + x] = sum;
      }
    }
    for (let y = 0; y < size; y++) {
      sums.fill(0.5);
      for (let tap = 0; tap < down.count[y]!; tap++) {
        const weight = down.weights[y * down.most + tap]!;
        const start = (down.first[y]! + tap) * size;
        for (let x = 0; x < size; x++) sums[x]! += weight * rows[start + x]!;
      }
      for (let x = 0; x < size; x++) {
        // The half in the sum makes this cut a rounding.
        to[y * size + x] = Math.min(255, Math.max(0, sums[x]!));
      }
    }
  };
}

/** For every output pixel along one axis, the input pixels it is made of and their weights, which sum to 1. */
interface Taps {
  /** Output pixel i is made of the input pixels `first[i]` to `first[i] + count[i] - 1`. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` places an output pixel. */
  readonly weights: Float32Array;
  readonly most: number;
}

function taps(from: number, to: number): Taps {
  const scale = from / to;
  const widen = Math.max(1, scale);
  const support = 3 * widen;
  const most = 2 * Math.ceil(support) + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float32Array(to * most);
  for (let index = 0; index < to; index++) {
    const centre = (index + 0.5) * scale;
    first[index] = Math.max(0, Math.floor(centre - support + 0.5));
    count[index] = Math.min(from, Math.floor(centre + support + 0.5)) - first[index]!;
    const own = Array.from({ length: count[index]! }, (_, tap) =>
      lanczos3((first[index]! + tap + 0.5 - centre) / widen),
    );
    const sum = own.reduce((total, weight) => total + weight, 0);
    weights.set(
      own.map((weight) => weight / sum),
      index * most,
    );
  }
  return { first, count, weights, most };
}

function lanczos3(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
}
