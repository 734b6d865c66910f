import type { Tensor } from "@gantry/torch";
import { oneHot } from "../../nets/layers/oneHot.js";

/** Far below any score. */
const NEVER = -1e9;

/**
 * The multi-class hinge of Crammer and Singer: mean over images of relu(1 + max over j != c of s_j - s_c).
 * @param scores N,K
 * @param label int64 N
 */
export function multiHinge(scores: Tensor, label: Tensor): Tensor {
  const own = oneHot(label, scores.size(1), scores);
  const mine = scores.mul(own).sum([1]);
  const others = scores.add(own.mul(NEVER)).amax([1]);
  return others.sub(mine).add(1).relu().mean();
}
