import type { Prior } from "../description.js";

/** Writes chosen codes over those of every latent. */
export function withCodes(
  latents: Float32Array,
  { size, codes }: Prior,
  chosen: readonly (number | undefined)[],
): Float32Array {
  const changed = latents.slice();
  for (const [i, { kind, from, length }] of codes.entries()) {
    const value = chosen[i];
    if (value === undefined) continue;
    for (let at = from; at < changed.length; at += size) {
      if (kind === "continuous") changed[at] = value;
      else changed.fill(0, at, at + length)[at + Math.min(length - 1, value)] = 1;
    }
  }
  return changed;
}
