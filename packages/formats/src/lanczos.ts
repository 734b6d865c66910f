/** Brings one plane of bytes from one size to another, into memory of the caller's. */
export type Resample = (from: Uint8Array, to: Uint8Array) => void;

/**
 * Lanczos 3, widened when shrinking so that nothing aliases: Pillow's `resize` with `LANCZOS`, to the bit. Columns go first,
 * then rows, each in fixed point with 22 bits behind the point, and rounded to bytes.
 *
 * Source: the algorithm of Pillow (Resample.c), checked against its pixels in lanczos.test.ts.
 */
export function lanczosResampler(height: number, width: number, toHeight: number, toWidth: number): Resample {
  const across = taps(width, toWidth);
  const down = taps(height, toHeight);
  const rows = new Uint8Array(height * toWidth);
  const sums = new Int32Array(toWidth);
  // Flat arrays and plain loops: this runs over every pixel of a data set.
  return (from, to) => {
    const { first, count, weights, most } = across;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < toWidth; x++) {
        const start = y * width + first[x]!;
        const weight = x * most;
        let sum = HALF;
        for (let tap = 0; tap < count[x]!; tap++)
          sum = (sum + Math.imul(weights[weight + tap]!, from[start + tap]!)) | 0;
        rows[y * toWidth + x] = clip(sum >> BITS);
      }
    }
    for (let y = 0; y < toHeight; y++) {
      sums.fill(HALF);
      for (let tap = 0; tap < down.count[y]!; tap++) {
        const weight = down.weights[y * down.most + tap]!;
        const start = (down.first[y]! + tap) * toWidth;
        for (let x = 0; x < toWidth; x++) sums[x] = (sums[x]! + Math.imul(weight, rows[start + x]!)) | 0;
      }
      for (let x = 0; x < toWidth; x++) to[y * toWidth + x] = clip(sums[x]! >> BITS);
    }
  };
}

/** Bits behind the point: two are left for lobes that go beyond a byte's range, eight for the byte. */
const BITS = 32 - 8 - 2;
const HALF = 1 << (BITS - 1);

const clip = (value: number): number => Math.max(0, Math.min(value, 255));

/** For every output pixel along one axis, the input pixels it is made of and their weights, which sum to 1. */
interface Taps {
  /** Output pixel i is made of the input pixels `first[i]` to `first[i] + count[i] - 1`. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `most` places an output pixel, in fixed point. */
  readonly weights: Int32Array;
  readonly most: number;
}

function taps(from: number, to: number): Taps {
  const scale = from / to;
  const widen = Math.max(1, scale);
  const support = 3 * widen;
  const most = 2 * Math.ceil(support) + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * most);
  for (let index = 0; index < to; index++) {
    const centre = (index + 0.5) * scale;
    first[index] = Math.max(0, Math.floor(centre - support + 0.5));
    count[index] = Math.min(from, Math.floor(centre + support + 0.5)) - first[index]!;
    const own = Array.from({ length: count[index]! }, (_, tap) =>
      lanczos3((tap + first[index]! - centre + 0.5) * (1 / widen)),
    );
    const sum = own.reduce((total, weight) => total + weight, 0);
    for (const [tap, weight] of own.entries()) {
      const fixed = (weight / sum) * 2 ** BITS;
      weights[index * most + tap] = Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    }
  }
  return { first, count, weights, most };
}

function lanczos3(x: number): number {
  if (x < -3 || x >= 3) return 0;
  return sinc(x) * sinc(x / 3);
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));
