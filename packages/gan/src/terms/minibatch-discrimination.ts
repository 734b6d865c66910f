import { z } from "zod";
import { UsageError } from "../errors.js";
import { defineTerm } from "../game/term.js";
import type { Discriminator } from "../nets/contract.js";
import { hasSpectralNorm } from "../nets/layers/classifierHead.js";
import { MinibatchDiscrimination } from "../nets/layers/minibatchDiscrimination.js";

/** D sees how close each image is to the others of its batch, so that a G whose images are all alike gives itself away. */
export default defineTerm({
  name: "minibatch-discrimination",
  summary: "D sees how alike the images of a batch are: a collapsed G gives itself away",
  source: "Salimans et al. 2016 (Improved Techniques), section 3.2; openai/improved-gan, nn.py",
  kind: "regularizer",
  options: z.strictObject({
    kernels: z.int().min(1).default(100).describe("B: ways in which images are compared"),
    dimensions: z.int().min(1).default(5).describe("C: numbers that each makes of an image"),
    discriminator: z.string().default("discriminator").describe("who looks so"),
  }),
  make: ({ kernels, dimensions, discriminator }) => {
    let batch = 0;
    return {
      plan(plan) {
        batch = Math.min(plan.batch, plan.generatorBatch);
      },
      attach(game) {
        game.requireDiscriminator("minibatch-discrimination", discriminator);
        const joined = game.groupOf(discriminator);
        if (batch / joined < 2)
          throw new UsageError(
            `minibatch-discrimination compares what D judges with the others of the batch, and it judges one at a time; set batch=${2 * joined} or more`,
          );
        const network = game.network<Discriminator>(discriminator);
        network.heads.set(
          "minibatch-discrimination",
          new MinibatchDiscrimination(network.featureShapes.global, {
            kernels,
            dimensions,
            spectralNorm: hasSpectralNorm(network),
          }),
        );
      },
    };
  },
});
