import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import { askSlopes, leaf } from "./parts/slope.js";

/**
 * (gamma / 2) * mean_i ||grad_x D(x_i)||^2 at real samples; the square is summed over all that one judgement is about.
 * R2 is the same at fakes: `--with r2=r1:stream=fake`.
 */
export default defineTerm({
  name: "r1",
  summary: "flattens D at the real data",
  source: "Mescheder, Geiger, Nowozin 2018, equation 9; StyleGAN's default with gamma 10",
  kind: "regularizer",
  options: z.strictObject({
    gamma: scheduled(z.number().min(0))
      .default(10)
      .describe("strength; half of it multiplies the squared norm"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
    stream: z
      .string()
      .nullable()
      .default(null)
      .describe("where the slope is measured; null: at what D should call real in the composition"),
  }),
  make: (options, instance = "r1") => {
    const { discriminator } = options;
    let slopes: ReturnType<typeof askSlopes>;
    return {
      attach(game) {
        game.requireDiscriminator(instance, discriminator);
        if (options.stream !== null) game.requireStream(instance, options.stream);
        const contests = game.contestsOf(discriminator);
        const streams = [...new Set(contests.map(({ real }) => options.stream ?? real))];
        slopes = askSlopes(game, discriminator, (play) =>
          (play.at(options.gamma) === 0 ? [] : streams).map((name) => {
            const sample = play.stream(name);
            const latent = game.judgesPairs(discriminator) ? sample.latent : undefined;
            return leaf({ ...sample, latent });
          }),
        );
      },
      loss(player, play) {
        const gamma = play.at(options.gamma);
        if (player !== discriminator || gamma === 0) return undefined;
        const rows = slopes(play);
        return rows.map((slope) =>
          slope
            .square()
            .sum([1])
            .mean()
            .mul(gamma / 2 / rows.length),
        );
      },
    };
  },
});
