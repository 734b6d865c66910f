import { UsageError } from "../base/errors.js";

/**
 * Latents on the way from each first to each second of a row of pairs (0 and 1, 2 and 3, ...), both ends included.
 * Spherical where latents are Gaussian, whose bulk lies on a sphere that a straight line would leave; else linear.
 * Source: White 2016, Sampling Generative Networks, section 2.1.
 * @param latents an even number of them, one after the other, each of length `size`
 * @param frames latents on each way, at least 2
 * @returns pair after pair, `frames` latents each
 */
export function interpolate(
  latents: Float32Array,
  size: number,
  frames: number,
  way: "spherical" | "linear",
): Float32Array {
  const count = latents.length / size;
  if (!Number.isInteger(count) || count % 2 !== 0 || count === 0)
    throw new UsageError(`interpolation goes between pairs of latents, and there are ${count}`);
  if (!Number.isInteger(frames) || frames < 2)
    throw new UsageError(`there are at least 2 images on the way between two latents, not ${frames}`);
  const out = new Float32Array((count / 2) * frames * size);
  for (let pair = 0; pair < count / 2; pair++) {
    const start = latents.subarray(2 * pair * size, (2 * pair + 1) * size);
    const end = latents.subarray((2 * pair + 1) * size, (2 * pair + 2) * size);
    const angle = way === "spherical" ? angleBetween(start, end) : 0;
    const sine = Math.sin(angle);
    for (let frame = 0; frame < frames; frame++) {
      const t = frame / (frames - 1);
      // Latents in one or in opposite directions have no arc between them, or no shortest one.
      const straight = Math.abs(sine) < 1e-6;
      const a = straight ? 1 - t : Math.sin((1 - t) * angle) / sine;
      const b = straight ? t : Math.sin(t * angle) / sine;
      const to = (pair * frames + frame) * size;
      for (let i = 0; i < size; i++) out[to + i] = a * start[i]! + b * end[i]!;
    }
  }
  return out;
}

function angleBetween(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    normA += a[i]! * a[i]!;
    normB += b[i]! * b[i]!;
  }
  if (normA === 0 || normB === 0) return 0;
  return Math.acos(Math.min(1, Math.max(-1, dot / Math.sqrt(normA * normB))));
}
