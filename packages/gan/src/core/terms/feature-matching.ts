import { distributed, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import type { Contest } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";

/**
 * G makes images whose features have, on the average of a batch, what real ones have: f the last hidden layer of D,
 *
 *     squared: || mean f(x) - mean f(G(z)) ||^2, summed over the features (the paper)
 *     absolute: mean over the features of | mean f(x) - mean f(G(z)) | (its code)
 *
 * In the paper it is all that G minimises: set the adversarial term's weight, which is G's, to 0.
 */
export default defineTerm({
  name: "feature-matching",
  summary: "G matches the mean features of real images, as D sees them",
  source: "Salimans et al. 2016 (Improved Techniques), section 3.1; openai/improved-gan",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(1).describe("factor on the distance"),
    distance: z
      .enum(["squared", "absolute"])
      .default("squared")
      .describe("of the means: squared, summed (the paper), or absolute, averaged (its code)"),
    discriminator: z.string().default("discriminator").describe("whose features"),
  }),
  make: ({ weight, distance, discriminator }) => {
    let contest: Contest;
    const loss = oncePerPlay((play): Tensor => {
      const meanOf = (stream: string) =>
        distributed.meanOfBatch(play.look(discriminator, stream).global.mean([0]));
      const apart = meanOf(contest.fake).sub(meanOf(contest.real));
      return (distance === "squared" ? apart.square().sum() : apart.abs().mean()).mul(play.at(weight));
    });
    return {
      coupled: "feature-matching's means over the batch",
      attach(game) {
        game.requireJudgeOfData("feature-matching", discriminator);
        contest = game.contestsOf(discriminator)[0] as Contest;
      },
      loss: (player, play) =>
        play.at(weight) > 0 && play.game.stream(contest.fake).dependsOn.includes(player)
          ? loss(play)
          : undefined,
    };
  },
});
