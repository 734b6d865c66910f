import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { requireImages } from "./parts/augment/augmentation.js";
import { drawsOf } from "./parts/augment/draws.js";
import { mirroredAtRandom } from "./parts/augment/shift.js";

/**
 * Each real image is mirrored from left to right with probability 1/2 whenever it is drawn, for every player: twice the data, and G
 * learns to make both. Not for what has a right way round: text, digits, a heart's side.
 *
 * To have D alone see mirrored images, of reals and fakes: `--with ada:pipe=blit` with multipliers of 0 for the others.
 */
export default defineTerm({
  name: "mirror",
  summary: "shows reals mirrored half of the time: twice the data, where left and right do not matter",
  source: "Karras et al. 2019 (StyleGAN), FFHQ; NVlabs/stylegan2-ada-pytorch, --mirror",
  kind: "view",
  on: "dcgan",
  options: z.strictObject({}),
  make: () => ({
    plan(plan) {
      requireImages(plan, "mirror");
      plan.streams.set("real", {
        dependsOn: [],
        sample(play) {
          const sample = play.options.real();
          const image = mirroredAtRandom(sample.image, 0.5, drawsOf(play.random, sample.image));
          return { ...sample, image };
        },
      });
    },
  }),
});
