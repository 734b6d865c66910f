import { distributed, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { adversarial, adversarialOptions } from "./parts/adversarial.js";

/** What it costs, element by element, that one score lies only t above another. */
const bases = {
  softplus: (t: Tensor) => t.neg().softplus(),
  "least-squares": (t: Tensor) => t.sub(1).square(),
  hinge: (t: Tensor) => t.neg().add(1).relu(),
};

/**
 * D says how much more real a real is than a fake, and G wants the opposite. With f the base, x real, y = G(z):
 *
 *     pairs (RpGAN): D: mean f(D(x_i) - D(y_i));  G: mean f(D(y_i) - D(x_i)), i the place in the batch
 *     average (RaGAN): D: half of mean f(D(x) - mean D(y)) + mean f(mean D(x) - D(y));  G: with x and y exchanged
 *
 *     f(t): softplus(-t) (RpGAN or RSGAN, RaSGAN), (t - 1)^2 (RaLSGAN), relu(1 - t) (RaHinge)
 *
 * G's step passes reals through D too, those of the D step before it, where R3GAN's code draws others. Of conditional
 * networks a fake has a label of its own, there that of its real. D's loss does not separate: adaptive weights refuse it.
 */
export default defineTerm({
  name: "relativistic",
  summary: "D compares reals with fakes: which is the more real (RpGAN, RaGAN, R3GAN's loss)",
  source:
    "Jolicoeur-Martineau 2019 and 2020 (On Relativistic f-Divergences); AlexiaJM/relativistic-f-divergences",
  kind: "adversarial",
  options: adversarialOptions.extend({
    variant: z
      .enum(["pairs", "average"])
      .default("pairs")
      .describe("pairs: each real with one fake (RpGAN); average: with the mean of all fakes (RaGAN)"),
    base: z
      .enum(["softplus", "least-squares", "hinge"])
      .default("softplus")
      .describe("cost of a difference of scores: RSGAN and RaSGAN; RaLSGAN; RaHinge"),
  }),
  make({ variant, base, ...options }) {
    const f = bases[base];
    const above = (a: Tensor, b: Tensor) =>
      variant === "pairs"
        ? f(a.sub(b)).mean()
        : f(a.sub(distributed.meanOfBatch(b.mean())))
            .mean()
            .add(f(distributed.meanOfBatch(a.mean()).sub(b)).mean())
            .mul(0.5);
    return {
      ...adversarial(options, {
        separable: false,
        judge: ({ real, fake }) => above(real, fake),
        fool: ({ real, fake }) => above(fake, real),
      }),
      ...(variant === "average" ? { coupled: "relativistic's means over the batch" } : {}),
      plan(plan) {
        if (variant === "pairs" && plan.generatorBatch !== plan.batch)
          plan.refuse(
            `relativistic sets each fake against one real, and schedule.generatorBatch=${plan.generatorBatch * plan.parts} gives G's step another number of fakes than the batch has reals, ${plan.batch * plan.parts}; leave it out, or take variant=average`,
          );
      },
    };
  },
});
