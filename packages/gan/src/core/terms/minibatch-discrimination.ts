import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { MinibatchDiscrimination } from "../nets/layers/minibatchDiscrimination.js";
import { hasSpectralNorm } from "../nets/layers/spectralNorm.js";
import { attachHead } from "./parts/head.js";

/** D sees how close each image is to the others of its batch, so that a G whose images are all alike gives itself away. */
export default defineTerm({
  name: "minibatch-discrimination",
  summary: "D sees how alike the images of a batch are: a collapsed G gives itself away",
  source: "Salimans et al. 2016 (Improved Techniques), section 3.2; openai/improved-gan, nn.py",
  kind: "regularizer",
  options: z.strictObject({
    kernels: z.int().min(1).max(65_536).default(100).describe("B: ways in which images are compared"),
    dimensions: z.int().min(1).max(65_536).default(5).describe("C: numbers that each makes of an image"),
    reduction: z
      .enum(["mean", "sum"])
      .default("mean")
      .describe("of closeness over the other images; sum: the paper, with which D may win at once"),
    discriminator: z.string().default("discriminator").describe("who looks so"),
  }),
  make: ({ kernels, dimensions, reduction, discriminator }) => ({
    coupled: "the images that minibatch-discrimination compares",
    attach(game) {
      game.requireDiscriminator("minibatch-discrimination", discriminator);
      attachHead(game, discriminator, {
        name: "minibatch-discrimination",
        needs: [2, "to compare"],
        head: (network) =>
          new MinibatchDiscrimination(network.featureShapes.global, {
            kernels,
            dimensions,
            reduction,
            spectralNorm: hasSpectralNorm(network),
          }),
      });
    },
  }),
});
