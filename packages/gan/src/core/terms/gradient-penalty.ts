import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import type { Sample } from "../nets/sample.js";
import { askSlopes, drawnPerJudgement, leaf, overSamples, slopeNorms } from "./parts/slope.js";

/**
 * weight * mean_i (||grad_x D(x_i)|| - target)^2 at points between real and fake, one uniform epsilon a sample;
 * one-sided: only slopes above the target are penalised. The gradient is itself differentiated.
 *
 * Real and fake are what D judges in the composition: pairs of image and latent under ALI, latents under AAE, whole packs
 * under packing; where D plays several contests (VAEGAN), the mean is over all.
 */
export default defineTerm({
  name: "gradient-penalty",
  summary: "keeps the slope of D at 1 between real and fake (WGAN-GP)",
  source: "Gulrajani et al. 2017, equation 3; one-sided: section 4",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(10).describe("lambda"),
    target: scheduled(z.number().min(0)).default(1).describe("the slope asked for"),
    sides: z
      .enum(["two", "one"])
      .default("two")
      .describe("two: any other slope costs; one: only steeper ones"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
    real: z
      .string()
      .nullable()
      .default(null)
      .describe("stream at one end; null: what D should call real in the composition"),
    fake: z
      .string()
      .nullable()
      .default(null)
      .describe("stream at the other end; null: what D should call fake in the composition"),
  }),
  make: (options, instance = "gradient-penalty") => {
    const { discriminator } = options;
    // Of a second instance under its own name, so that they are told apart.
    const scalar = instance === "gradient-penalty" ? "slope" : `${instance}/slope`;
    let slopes: ReturnType<typeof askSlopes>;
    return {
      attach(game) {
        game.requireDiscriminator(instance, discriminator);
        for (const end of [options.real, options.fake]) if (end !== null) game.requireStream(instance, end);
        const contests = game.contestsOf(discriminator);
        slopes = askSlopes(game, discriminator, (play) =>
          (play.at(options.weight) === 0 ? [] : contests).map(({ real, fake }) =>
            between(play, discriminator, options.real ?? real, options.fake ?? fake),
          ),
        );
      },
      loss(player, play) {
        const weight = play.at(options.weight);
        if (player !== discriminator || weight === 0) return undefined;
        const all = slopeNorms(slopes(play));
        play.report(`${discriminator}/${scalar}`, () => all.mean());
        const excess = all.sub(play.at(options.target));
        return (options.sides === "one" ? excess.relu() : excess).square().mean().mul(weight);
      },
    };
  },
});

/** Points between two streams' samples, one place for each judgement: all of a pack, image and latent, lie alike. */
function between(play: Play, discriminator: string, from: string, to: string): Sample {
  const real = play.stream(from);
  const fake = play.stream(to);
  const places = drawnPerJudgement(play, discriminator, real.image.size(0), real.image);
  const mix = (a: Tensor, b: Tensor) => {
    const end = b.detach();
    return end.add(a.detach().sub(end).mul(overSamples(places, a)));
  };
  const joint = play.game.judgesPairs(discriminator);
  return leaf({
    image: mix(real.image, fake.image),
    latent: joint && real.latent && fake.latent ? mix(real.latent, fake.latent) : undefined,
    label: real.label,
  });
}
