import type { Tensor } from "@gantry/torch";
import { z } from "zod";

/** How the numbers of one image, or of its features, add up. */
export const reductionSetting = z
  .enum(["sum", "mean"])
  .default("sum")
  .describe("over the numbers of an image: sum, a distance as the paper has it, or mean, as public codes do");

export type Reduction = z.output<typeof reductionSetting>;

/**
 * The distance from each of N things to its counterpart, averaged over them; a single number. With R the sum or the mean over
 * the numbers of one thing:
 *
 *     norm: R(d^2)^(1/2), Euclid's        l2: R(d^2)        l1: R|d|
 *
 * The gradient of norm where both are equal is 0.
 */
export function distance(a: Tensor, b: Tensor, kind: "norm" | "l2" | "l1", reduction: Reduction): Tensor {
  const difference = a.sub(b).flatten(1);
  const reduced = (values: Tensor) => (reduction === "sum" ? values.sum([1]) : values.mean([1])).mean();
  if (kind === "l2") return reduced(difference.square());
  if (kind === "l1") return reduced(difference.abs());
  const norms = difference.vectorNorm(2, [1]).mean();
  return reduction === "sum" ? norms : norms.div(Math.sqrt(difference.size(1)));
}
