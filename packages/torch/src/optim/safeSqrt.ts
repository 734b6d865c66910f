import type { Tensor } from "../tensor.js";

/**
 * The square root, with slope 0 at 0 where the true one is infinite: the second moment of a weight that has had no
 * gradient is exactly 0, and infinity times 0 would poison every gradient through the update. Values below the smallest
 * normal number read as it, which no optimizer's eps lets one see.
 */
export function differentiableSqrt(x: Tensor): Tensor {
  return x.clampMin(x.dtype === "float64" ? 1e-300 : 1.2e-38).sqrt();
}
