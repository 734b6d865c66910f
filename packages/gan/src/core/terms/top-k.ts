import { distributed } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";

/**
 * What G minimises is over the k fakes of a batch of B that D scores highest: k = max(decay^epoch, least) B, whole epochs counted from 0.
 * Fakes far from everything, whose gradient leads away, do not count. D learns from all.
 *
 * It takes losses that look at each side alone: one that sets a real against each fake (relativistic) is refused.
 */
export default defineTerm({
  name: "top-k",
  summary: "G learns from the fakes that D likes best, fewer and fewer (top-k)",
  source:
    "Sinha et al. 2020 (Top-k Training), algorithm 1; POSTECH-CVLab/PyTorch-StudioGAN; lucidrains/stylegan2-pytorch",
  kind: "gradient",
  options: z.strictObject({
    decay: z.number().gt(0).max(1).default(0.99).describe("gamma: what is left after each epoch"),
    least: z.number().gt(0).max(1).default(0.5).describe("nu: the share of the batch that always counts"),
    discriminator: z.string().default("discriminator").describe("whose scores choose"),
  }),
  make: ({ decay, least, discriminator }, instance = "top-k") => ({
    coupled: "the fakes that top-k chooses among",
    plan(plan) {
      plan.chooseFakes(discriminator, (own, play) => {
        const scores = distributed.rowsOfBatch(own);
        const epoch = Math.floor(play.options.epoch ?? 0);
        const count = scores.size(0);
        const k = Math.max(1, Math.floor(Math.max(decay ** epoch, least) * count));
        play.report(`${instance}/k`, k);
        return k === count ? scores : scores.topk(k, 0)[0];
      });
    },
    attach: (game) => game.requireDiscriminator("top-k", discriminator),
  }),
});
