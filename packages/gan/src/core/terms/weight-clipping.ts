import { optim } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";

/** After each of its updates, every parameter of D is clamped to [-limit, limit]. */
export default defineTerm({
  name: "weight-clipping",
  summary: "keeps D Lipschitz by clamping its parameters (WGAN)",
  source: "Arjovsky, Chintala, Bottou 2017, algorithm 1",
  kind: "constraint",
  options: z.strictObject({
    limit: scheduled(z.number().positive())
      .default(0.01)
      .describe("c; layers with an equalized learning rate (stylegan) store larger weights: 0.5"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
  }),
  make: ({ limit, discriminator }) => ({
    attach: (game) => game.requireDiscriminator("weight-clipping", discriminator),
    afterUpdate(player, play) {
      if (player === discriminator)
        optim.clampParameters_(play.game.network(discriminator).parameters(), play.at(limit));
    },
  }),
});
