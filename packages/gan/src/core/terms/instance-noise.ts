import { torch } from "@gantry/torch";
import { z } from "zod";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";

const amount = z.number().min(0);

/**
 * Gaussian noise on every image that a discriminator judges, real and fake alike: image + sigma * n, n fresh each time.
 * Sigma follows a list of [from, sigma] (0 before the first), or one value, which `decay` may take linearly to 0 at the
 * last iteration. Where sigma is 0 no random number is drawn: everything is as without the term, to the bit.
 *
 * Source: Sonderby et al. 2017 (Amortised MAP inference), section 4; with lists as IVGAN's code anneals it, where only
 * what enters the adversarial head is noisy. Jenni and Favaro's learned noise is another method.
 */
export default defineTerm({
  name: "instance-noise",
  summary: "annealed Gaussian noise on the images D judges",
  source: "Sonderby et al. 2017, section 4; zhangliangyu32/IVGAN, interpolation.py",
  kind: "view",
  options: z.strictObject({
    sigma: z
      .union([amount, z.array(z.tuple([z.int().min(0), amount])).min(1)])
      .default(0.1)
      .describe("standard deviation, or a list of [from, sigma]; images span [-1, 1]"),
    unit: z.enum(["iterations", "epochs"]).default("iterations").describe("what the list counts"),
    decay: z
      .enum(["none", "linear"])
      .default("none")
      .describe("linear: a single sigma falls to 0 at the last iteration"),
    images: z
      .enum(["adversarial", "all"])
      .default("adversarial")
      .describe("adversarial: only those that the adversarial head judges; all: other heads' too"),
    discriminator: z.string().nullable().default(null).describe("before which; null: every one"),
  }),
  make: ({ sigma, unit, decay, images, discriminator }, instance = "instance-noise") => {
    const list = typeof sigma === "number" ? [[0, sigma] as const] : [...sigma].sort((a, b) => a[0] - b[0]);
    const at = ({ options: { iteration, epoch = 0, steps } }: Play): number => {
      const now = unit === "epochs" ? epoch : iteration;
      const current = list.findLast(([from]) => from <= now)?.[1] ?? 0;
      return decay === "linear" ? current * Math.max(0, 1 - iteration / steps) : current;
    };
    return {
      attach(game) {
        if (discriminator !== null) game.requireDiscriminator("instance-noise", discriminator);
      },
      plan(plan) {
        if (decay === "linear" && typeof sigma !== "number")
          plan.refuse("instance-noise: a list of sigmas says itself how they fall; leave decay out");
        plan.addView(discriminator ?? undefined, {
          adversarialOnly: images === "adversarial",
          apply(sample, play) {
            const now = at(play);
            play.report(`${instance}/sigma`, now);
            if (now === 0) return sample;
            const { image } = sample;
            const { dtype, device } = image;
            const noise = torch.randn(image.shape, { generator: play.random, dtype, device });
            return { ...sample, image: image.add(noise.mul(now)) };
          },
        });
      },
    };
  },
});
