import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { adversarial, adversarialOptions, separable } from "./parts/adversarial.js";
import { type Divergence, divergenceNames, divergences } from "./parts/divergence.js";

/**
 * Of a divergence with the generator function f, f* its conjugate and g an activation whose values f* takes:
 *
 *     D: -mean g(D(x)) + mean f*(g(D(G(z)))), which is at least minus the divergence
 *     G: saddle: -mean f*(g(D(G(z)))), the other side of the same game; non-saturating: -mean g(D(G(z)))
 */
export default defineTerm({
  name: "f-divergence",
  summary: "the game of any f-divergence: Kullback-Leibler, Pearson, Hellinger, Jensen-Shannon (f-GAN)",
  source: "Nowozin, Cseke, Tomioka 2016 (f-GAN), equation 6 and table 2; G's loss: section 3.2",
  kind: "adversarial",
  separable: true,
  options: adversarialOptions.extend({
    kind: z
      .enum(divergenceNames)
      .default("kullback-leibler")
      .describe("the divergence; gan: the original game's, Jensen-Shannon's up to constants"),
    generator: z
      .enum(["non-saturating", "saddle"])
      .default("non-saturating")
      .describe("G raises what D says of fakes, or minimises what D maximises"),
  }),
  make: ({ kind, generator, ...options }) => {
    const { activation, conjugate, boundary = 0 }: Divergence = divergences[kind];
    return adversarial(
      options,
      separable({
        boundary,
        real: (scores) => activation(scores).mean().neg(),
        fake: (scores) => conjugate(scores).mean(),
        ...(generator === "saddle"
          ? {
              fool: (scores) => conjugate(scores).mean().neg(),
              foolReal: (scores) => activation(scores).mean(),
            }
          : {
              fool: (scores) => activation(scores).mean().neg(),
              foolReal: (scores) => conjugate(scores).mean(),
            }),
      }),
    );
  },
});
