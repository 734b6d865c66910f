import { distributed, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { scheduled } from "../base/schedule.js";
import type { Contest } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";

/**
 * What G's images look like to D should point different ways: with S what D sees of N fakes (an autoencoder's code, else its
 * last hidden layer), N,F,
 *
 *     G: + weight * 1 / (N (N - 1)) * sum over i != j of (S_i . S_j / (||S_i|| ||S_j||))^2
 *
 * Published reproductions leave out the square, or the gradient of one side, or normalise over the batch; none of that here.
 */
export default defineTerm({
  name: "pulling-away",
  summary: "G's images are to look different to D, pair by pair: the repelling regularizer of EBGAN-PT",
  source: "Zhao, Mathieu, LeCun 2017 (EBGAN), section 2.4, equation 4",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(0.1).describe("factor on the mean squared cosine"),
    discriminator: z.string().default("discriminator").describe("whose features"),
  }),
  make: ({ weight, discriminator }) => {
    let contest: Contest;
    const loss = oncePerPlay((play) =>
      meanSquaredCosine(distributed.rowsOfBatch(play.look(discriminator, contest.fake).global)).mul(
        play.at(weight),
      ),
    );
    return {
      coupled: "the images that pulling-away pulls apart",
      attach(game) {
        game.requireJudgeOfData("pulling-away", discriminator);
        contest = game.contestsOf(discriminator)[0] as Contest;
        if (game.smallestBatch / game.groupOf(discriminator) < 2)
          throw new UsageError(
            "pulling-away compares images of a batch, and there is one; set batch=2 or more",
          );
      },
      loss: (player, play) =>
        play.at(weight) > 0 && play.game.stream(contest.fake).dependsOn.includes(player)
          ? loss(play)
          : undefined,
    };
  },
});

/** Over all pairs of different rows, N,F to a single number. */
function meanSquaredCosine(features: Tensor): Tensor {
  const count = features.size(0);
  const squares = features.matmul(features.t()).square();
  // Cosines are of directions: a row of zeros has none, and counts as at a right angle to all.
  const lengths = features.square().sum([1]).add(1e-12);
  const cosines = squares.div(lengths.unsqueeze(1)).div(lengths.unsqueeze(0));
  const others = torch
    .ones([count, count], { dtype: features.dtype, device: features.device })
    .sub(torch.eye(count, { dtype: features.dtype, device: features.device }));
  return cosines
    .mul(others)
    .sum()
    .div(count * (count - 1));
}
