import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { leaf, slopes } from "./parts/slope.js";

/** (gamma / 2) * mean_i ||grad_x D(x_i)||^2 at real samples; the square is summed over all that one judgement is about. */
export default defineTerm({
  name: "r1",
  summary: "flattens D at the real data",
  source: "Mescheder, Geiger, Nowozin 2018, equation 9; StyleGAN's default with gamma 10",
  kind: "regularizer",
  options: z.strictObject({
    gamma: z.number().min(0).default(10).describe("strength; half of it multiplies the squared norm"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
    stream: z
      .string()
      .nullable()
      .default(null)
      .describe("where the slope is measured; null: at what D should call real in the composition"),
  }),
  make: (options) => {
    const { discriminator } = options;
    let streams: string[] = [];
    return {
      attach(game) {
        game.requireDiscriminator("r1", discriminator);
        const contests = game.contestsOf(discriminator);
        streams = [...new Set(contests.map(({ real }) => options.stream ?? real))];
      },
      loss(player, play) {
        if (player !== discriminator || options.gamma === 0) return undefined;
        return streams.map((name) => {
          const sample = play.stream(name);
          const latent = play.game.judgesPairs(discriminator) ? sample.latent : undefined;
          return slopes(play, discriminator, leaf({ ...sample, latent }))
            .square()
            .sum([1])
            .mean()
            .mul(options.gamma / 2 / streams.length);
        });
      },
    };
  },
});
