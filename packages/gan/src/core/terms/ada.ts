import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { augmentation, augmentationOptions } from "./parts/augment/augmentation.js";
import {
  augmented,
  multipliersOf,
  PIPE_NAMES,
  TRANSFORMS,
  turnsImages,
  unfit,
} from "./parts/augment/pipe.js";

/**
 * The pipe of adaptive discriminator augmentation. Letters of its name: b blitting (mirrored, turned by quarters, shifted), g geometry (scaled,
 * turned, stretched, shifted), c colour (brightness, contrast, luma, hue, saturation), f filters, n noise, c cutout. Each transform of
 * each image has the probability p times its multiplier. It does not leak into what G makes while p stays below about 0.8.
 *
 * R3GAN's on CIFAR-10: target=off, probability=0..0.55@20000kimg:cosine, multipliers of 0.5 for the five of colour and 1 for cutout.
 */
export default defineTerm({
  name: "ada",
  summary: "augments all that D sees, as much as D overfits (ADA): for some hundreds to thousands of images",
  source: "Karras et al. 2020 (ADA), section 3 and appendix B; NVlabs/stylegan2-ada-pytorch",
  kind: "view",
  on: "dcgan",
  options: augmentationOptions({ probability: 0, target: 0.6 }).extend({
    pipe: z.enum(PIPE_NAMES).default("bgc").describe("the transforms, by their groups' letters or names"),
    multipliers: z
      .partialRecord(z.enum(TRANSFORMS), z.number().min(0))
      .default({})
      .describe('factors on p of single transforms, 0 leaves one out: {"lumaflip":0}'),
  }),
  make({ pipe, multipliers, ...options }, instance = "ada") {
    const factors = multipliersOf(pipe, multipliers as Record<string, number>);
    return augmentation(
      options,
      {
        name: "ada",
        transform: (images, probability, draws) => augmented(images, probability, factors, draws),
        unfit: (shape) => unfit(factors, shape),
        turns: turnsImages(factors),
      },
      instance,
    );
  },
});
