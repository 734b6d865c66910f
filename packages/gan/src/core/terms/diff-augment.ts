import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { augmentation, augmentationOptions } from "./parts/augment/augmentation.js";
import { differentiablyAugmented } from "./parts/augment/differentiable.js";

/**
 * Every image that D sees, real or fake, in its steps and in G's, is recoloured (brightness by up to 0.5, saturation up to twice,
 * contrast between half and 1.5 times), moved by up to an eighth of its side with 0 coming in, and loses a square of half its side.
 */
export default defineTerm({
  name: "diff-augment",
  summary: "recolours, moves and cuts all that D sees (DiffAugment): for few images, nothing to tune",
  source: "Zhao et al. 2020 (DiffAugment), section 3; mit-han-lab/data-efficient-gans",
  kind: "view",
  on: "dcgan",
  options: augmentationOptions({ probability: 1, target: "off" }).extend({
    policy: z
      .array(z.enum(["color", "translation", "cutout"]))
      .min(1)
      .default(["color", "translation", "cutout"])
      .describe('what is done, in order; ["translation","cutout"] on CIFAR'),
  }),
  make: ({ policy, ...options }, instance = "diff-augment") =>
    augmentation(
      options,
      {
        name: "diff-augment",
        transform: (images, probability, draws) =>
          differentiablyAugmented(images, policy, probability, draws),
      },
      instance,
    ),
});
