import { distributed, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import type { Sample } from "../nets/sample.js";
import { askSlopes, drawnPerJudgement, leaf, overSamples, slopeNorms } from "./parts/slope.js";

/**
 * weight * mean_i (||grad D(x_i')|| - 1)^2 around reals alone:
 *
 *     x' = x + alpha * (spread * std(x) * u)
 *
 * u uniform in [0, 1), a number for each of an image's; alpha uniform, one for each image (for each pack under packing);
 * std over the whole batch. That is the authors' code; a copy of it in other collections draws alpha for each pixel and takes
 * the norm over one axis. Under ALI the latent is moved by its own std.
 */
export default defineTerm({
  name: "local-gradient-penalty",
  summary: "keeps the slope of D at 1 around the real data alone (DRAGAN)",
  source: "Kodali et al. 2017 (DRAGAN), algorithm 1; kodalinaveen3/DRAGAN",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(10).describe("lambda"),
    target: scheduled(z.number().min(0)).default(1).describe("the slope asked for"),
    spread: z
      .number()
      .min(0)
      .default(0.5)
      .describe("how far from the data it looks, in standard deviations of a batch"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
  }),
  make: ({ weight, target, spread, discriminator }, instance = "local-gradient-penalty") => {
    let slopes: ReturnType<typeof askSlopes>;
    return {
      coupled: "the deviation over a batch by which local-gradient-penalty moves images",
      attach(game) {
        game.requireDiscriminator(instance, discriminator);
        const streams = [...new Set(game.contestsOf(discriminator).map(({ real }) => real))];
        slopes = askSlopes(game, discriminator, (play) =>
          (play.at(weight) === 0 ? [] : streams).map((name) => around(play, discriminator, name, spread)),
        );
      },
      loss(player, play) {
        if (player !== discriminator || play.at(weight) === 0) return undefined;
        const all = slopeNorms(slopes(play));
        play.report(`${discriminator}/${instance}/slope`, () => all.mean());
        return all.sub(play.at(target)).square().mean().mul(play.at(weight));
      },
    };
  },
});

/** Points around a stream's samples. */
function around(play: Play, discriminator: string, stream: string, spread: number): Sample {
  const { image, latent, label } = play.stream(stream);
  const alpha = drawnPerJudgement(play, discriminator, image.size(0), image);
  const moved = (given: Tensor) => {
    const values = given.detach();
    // NumPy's std, over all numbers of the batch.
    const { meanOfBatch, drawRows } = distributed;
    const deviation = meanOfBatch(values.sub(meanOfBatch(values.mean())).square().mean()).sqrt();
    const options = { generator: play.random, dtype: image.dtype, device: play.options.device };
    const uniform = drawRows(values.shape, (all) => torch.rand(all, options));
    return values.add(uniform.mul(deviation.mul(spread)).mul(overSamples(alpha, values)));
  };
  const joint = play.game.judgesPairs(discriminator);
  return leaf({
    image: moved(image),
    latent: joint && latent !== undefined ? moved(latent) : undefined,
    label,
  });
}
