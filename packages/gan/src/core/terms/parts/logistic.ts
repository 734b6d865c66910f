import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import { adversarialOptions, type SeparableLoss } from "./adversarial.js";

/** The options of the terms in which D minimises a cross-entropy. */
export const logisticOptions = adversarialOptions.extend({
  realTarget: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe(
      "what D should say of reals; 0.9: one-sided label smoothing (Salimans et al. 2016, section 3.4)",
    ),
});

/**
 * What D minimises, D the sigmoid of the score s: on reals -t log D - (1 - t) log(1 - D), t the real target; on fakes
 * -log(1 - D). softplus(-s) is -log D, and softplus(s) is s + softplus(-s). Fakes are not smoothed: with a target above 0
 * for them, D would call real what is like the fakes.
 */
export function logistic({
  realTarget = 1,
}: {
  realTarget?: number;
} = {}): Pick<SeparableLoss, "real" | "fake"> {
  const rest = 1 - realTarget;
  const real = (scores: Tensor) => scores.neg().softplus().mean();
  return {
    real: rest === 0 ? real : (scores) => real(scores).add(scores.mean().mul(rest)),
    fake: (scores) => scores.softplus().mean(),
  };
}
