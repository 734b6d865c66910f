import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { planPairs } from "./parts/pairs.js";

/**
 * D judges pairs: (x, E(x)) as real, (G(z), z) as fake; G fools it with the one, E with the other, by whatever adversarial
 * loss the composition has. With `non-saturating`, D: softplus(-D(x, E(x))) + softplus(D(G(z), z)); G and E:
 * softplus(D(x, E(x))) + softplus(-D(G(z), z)). The encoder draws its latent: mean + exp(logVariance / 2) * noise.
 */
export default defineTerm({
  name: "ali",
  summary: "D judges pairs of image and latent; an encoder is trained against it too (ALI, BiGAN)",
  source: "Dumoulin et al. 2017 (ALI), section 2; IshmaelBelghazi/ALI, ali/bricks.py",
  kind: "regularizer",
  options: z.strictObject({
    stochastic: z
      .boolean()
      .default(true)
      .describe("E draws its latent (ALI); false: deterministic, as BiGAN's"),
  }),
  make: ({ stochastic }) => ({ plan: (plan) => planPairs(plan, { term: "ali", stochastic, fool: "both" }) }),
});
