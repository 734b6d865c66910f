import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { adversarial, adversarialOptions, separable } from "./parts/adversarial.js";

/**
 * D: h (D(x) - real)^2 + h (D(G(z)) - fake)^2; G: h (D(G(z)) - target)^2; h = 1/2 with `half`, else 1.
 * The paper's 0-1 coding is the default; IVLSGAN's code uses real 1, fake -1, target 0 and no half.
 */
export default defineTerm({
  name: "least-squares",
  summary: "squared distance of D's score to a label",
  source: "Mao et al. 2017 (LSGAN), equation 9",
  kind: "adversarial",
  separable: true,
  options: adversarialOptions.extend({
    realLabel: z.number().default(1).describe("D's target for reals"),
    fakeLabel: z.number().default(0).describe("D's target for fakes"),
    target: z.number().default(1).describe("G's target for its fakes"),
    half: z.boolean().default(true).describe("the factor 1/2 of the paper"),
  }),
  make: (options) => {
    const factor = options.half ? 0.5 : 1;
    const distance = (scores: Tensor, label: number) => scores.sub(label).square().mean().mul(factor);
    return adversarial(
      options,
      separable({
        boundary: (options.realLabel + options.fakeLabel) / 2,
        real: (scores) => distance(scores, options.realLabel),
        fake: (scores) => distance(scores, options.fakeLabel),
        fool: (scores) => distance(scores, options.target),
        foolReal: (scores) => distance(scores, options.target),
      }),
    );
  },
});
