import { grad, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";

/** (gamma / 2) * mean_i ||grad_x D(x_i)||^2 at real samples; the square is summed over the image. */
export default defineTerm({
  name: "r1",
  summary: "flattens D at the real data",
  source: "Mescheder, Geiger, Nowozin 2018, equation 9; StyleGAN's default with gamma 10",
  kind: "regularizer",
  options: z.strictObject({
    gamma: z.number().min(0).default(10).describe("strength; half of it multiplies the squared norm"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
    stream: z.string().default("real").describe("where the slope is measured"),
  }),
  make: (options) => ({
    loss(player, play) {
      if (player !== options.discriminator || options.gamma === 0) return undefined;
      const sample = play.stream(options.stream);
      const image = sample.image.detach().requiresGrad_();
      const { logits } = play.judgeSample(options.discriminator, { ...sample, image });
      const slope = grad(logits.sum(), [image], { createGraph: true })[0] as Tensor;
      return slope
        .flatten(1)
        .square()
        .sum([1])
        .mean()
        .mul(options.gamma / 2);
    },
  }),
});
