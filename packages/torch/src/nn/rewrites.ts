import { TorchError } from "../errors.js";
import { native } from "../native.js";

/** Arithmetic that is done in another way than it is written, with the same result but for rounding. */
export const rewriteNames = [
  "pooled-convolution",
  "upsampled-convolution",
  "matrix-unit",
  "winograd-convolution",
  "activated-batch-norm",
  "resampling",
  "chosen-maxout",
] as const;

export type RewriteName = (typeof rewriteNames)[number];

const off = new Set<RewriteName>();

/**
 * Has these rewrites, and no others, computed as they are written; for measuring, and for looking for a fault.
 * @throws {TorchError} for a name that is none of {@link rewriteNames}
 */
export function computePlainly(names: readonly string[]): void {
  const chosen = names.map((name) => {
    const known = rewriteNames.find((each) => each === name);
    if (known === undefined)
      throw new TorchError(`no rewrite is called '${name}'; there are ${rewriteNames.join(", ")}`);
    return known;
  });
  off.clear();
  for (const name of chosen) off.add(name);
  native.setConvolutions(isRewritten("matrix-unit"), isRewritten("winograd-convolution"));
}

export const isRewritten = (name: RewriteName): boolean => !off.has(name);
