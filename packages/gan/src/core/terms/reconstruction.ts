import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { distance as distanceOf, reductionSetting } from "./parts/distance.js";
import { planReconstruction } from "./parts/reconstruction.js";

/**
 * weight * d(x, G(E(x))), minimised by G and E, the mean over images of a distance:
 *
 *     norm: ||x - y||, the pixel-wise L2 distance of the paper        l2: ||x - y||^2        l1: ||x - y||_1
 *     features: ||f(x) - f(y)||, f the last features of D, or of a network of the user's
 *
 * With `reduction` mean, sums over pixels are means, as in public codes (kozistr/Awesome-GANs, zhangliangyu32/IVGAN), and
 * weight counts as many times less as an image has numbers. Adds an encoder where there is none.
 *
 * A network of the user's is a network family, one of --import say, whose discriminator brings weights of its own: it is made
 * by the family's defaults, stands in evaluation mode and learns nothing, and is kept in the checkpoints.
 */
export default defineTerm({
  name: "reconstruction",
  summary: "G must be able to make every real image from its encoding",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3.1",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(0.2).describe("lambda_1"),
    distance: z
      .enum(["norm", "l2", "l1", "features"])
      .default("norm")
      .describe("d: Euclid's, its square, of absolute differences, or Euclid's between features"),
    reduction: reductionSetting,
    discriminator: z.string().default("discriminator").describe("whose features"),
    network: z
      .string()
      .nullable()
      .default(null)
      .describe("for features: a network family whose discriminator's they are, in D's place"),
  }),
  before: { 2: { distance: "l2", reduction: "mean" } },
  make: ({ weight, distance, reduction, discriminator, network }, instance = "reconstruction") => {
    const onlooker = `${instance}-network`;
    const seen = (play: Play, stream: string): Tensor => {
      if (network === null) return play.look(discriminator, stream).global;
      const looking = play.discriminator(onlooker);
      if (looking.training) looking.eval();
      return looking.features({ image: play.stream(stream).image }).global;
    };
    const loss = oncePerPlay((play) => {
      const images = (stream: string) => play.stream(stream).image;
      const apart =
        distance === "features"
          ? distanceOf(seen(play, "reconstruction"), seen(play, "real"), "norm", reduction)
          : distanceOf(images("reconstruction"), images("real"), distance, reduction);
      return apart.mul(play.at(weight));
    });
    return {
      plan(plan) {
        if (network !== null && distance !== "features")
          plan.refuse(
            `reconstruction: distance=${distance} compares pixels, and network=${network} would not be looked through; set distance=features, or leave network out`,
          );
        planReconstruction(plan);
        if (network !== null) plan.addOnlooker(onlooker, network);
      },
      attach(game) {
        if (distance === "features" && network === null)
          game.requireJudgeOfData("reconstruction", discriminator);
      },
      loss: (player, play) =>
        play.at(weight) > 0 && (player === "generator" || player === "encoder") ? loss(play) : undefined,
    };
  },
});
