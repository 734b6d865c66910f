import { grad, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { defineTerm } from "../game/term.js";

/**
 * weight * mean_i (||grad_x D(x_i)|| - target)^2 at points between real and fake, one uniform epsilon a sample;
 * one-sided: only slopes above the target are penalised. The gradient is itself differentiated.
 */
export default defineTerm({
  name: "gradient-penalty",
  summary: "keeps the slope of D at 1 between real and fake (WGAN-GP)",
  source: "Gulrajani et al. 2017, equation 3; one-sided: section 4",
  kind: "regularizer",
  options: z.strictObject({
    weight: z.number().min(0).default(10).describe("lambda"),
    target: z.number().min(0).default(1).describe("the slope asked for"),
    sides: z
      .enum(["two", "one"])
      .default("two")
      .describe("two: any other slope costs; one: only steeper ones"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
    real: z.string().default("real").describe("stream at one end"),
    fake: z.string().default("fake").describe("stream at the other end"),
  }),
  make: (options) => ({
    loss(player, play) {
      if (player !== options.discriminator || options.weight === 0) return undefined;
      const real = play.stream(options.real);
      const fake = play.stream(options.fake).image.detach();
      const each = [real.image.size(0), ...real.image.shape.slice(1).map(() => 1)];
      const epsilon = torch.rand(each, {
        generator: play.random,
        dtype: real.image.dtype,
        device: play.options.device,
      });
      const image = fake.add(real.image.detach().sub(fake).mul(epsilon)).requiresGrad_();
      const { logits } = play.judgeSample(options.discriminator, { ...real, image });
      const slope = grad(logits.sum(), [image], { createGraph: true })[0] as Tensor;
      const norms = slope.flatten(1).vectorNorm(2, [1]);
      play.report(`${options.discriminator}/slope`, norms.mean());
      const excess = norms.sub(options.target);
      return (options.sides === "one" ? excess.relu() : excess).square().mean().mul(options.weight);
    },
  }),
});
