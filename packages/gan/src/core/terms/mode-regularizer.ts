import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { planReconstruction } from "./parts/reconstruction.js";

/**
 * -weight * log D(G(E(x))), minimised by G and E: reconstructions of real images, missing modes' among them, are pulled
 * to where D says real. The printed equations 1 and 2 have the opposite sign under a minimised target, against their own
 * text (and public codes copy it): the variant "printed" does as they do, and drives reconstructions to where D says fake.
 */
export default defineTerm({
  name: "mode-regularizer",
  summary: "rewards G and E for reconstructions that D calls real",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3.2",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(0.4).describe("lambda_2"),
    discriminator: z.string().default("discriminator").describe("whose word counts"),
    variant: z
      .enum(["intended", "printed"])
      .default("intended")
      .describe("printed: the opposite sign, as in the paper's equations"),
  }),
  make: ({ weight, discriminator, variant }) => {
    const sign = variant === "printed" ? -1 : 1;
    const loss = oncePerPlay((play) =>
      play
        .judge(discriminator, "reconstruction")
        .logits.neg()
        .softplus()
        .mean()
        .mul(sign * play.at(weight)),
    );
    return {
      plan: planReconstruction,
      attach: (game) => game.requireJudgeOfData("mode-regularizer", discriminator),
      loss: (player, play) =>
        play.at(weight) > 0 && (player === "generator" || player === "encoder") ? loss(play) : undefined,
    };
  },
});
