import { z } from "zod";
import { defineTerm } from "../game/term.js";
import type { Sample } from "../nets/sample.js";

/**
 * D judges packs of `degree` samples that are all real or all fake: their images concatenated on channels (points: on
 * coordinates) at D's input, nothing else changed. A batch of N makes N / degree packs of neighbours. A joint
 * discriminator judges packs of pairs, latents concatenated alike. With degree 1 nothing changes, to the bit.
 *
 * Terms that look through D see packs: gradient penalties measure the slope along a whole pack.
 *
 * PacGAN's code counts its batch in packs: its 100 packs of two are a batch of 200 here.
 */
export default defineTerm({
  name: "packing",
  summary: "D judges several samples at once, all real or all fake (PacGAN)",
  source: "Lin et al. 2018 (PacGAN), section 2.1; fjxmlzn/PacGAN",
  kind: "view",
  options: z.strictObject({
    degree: z.int().min(1).max(1024).default(2).describe("m: samples in a pack"),
    discriminator: z.string().nullable().default(null).describe("whose input is packed; null: every one's"),
  }),
  make: ({ degree, discriminator }) => ({
    attach(game) {
      if (discriminator !== null) game.requireDiscriminator("packing", discriminator);
    },
    plan(plan) {
      if (degree === 1) return;
      for (const [batch, setting] of [
        [plan.batch, "batch"],
        [plan.generatorBatch, "schedule.generatorBatch"],
      ] as const)
        if (batch % degree !== 0)
          plan.refuse(
            plan.parts === 1
              ? `packs of ${degree} do not divide a batch of ${batch}; set ${setting} to a multiple of ${degree}`
              : `packs of ${degree} do not divide a part of ${batch}, one of schedule.accumulate=${plan.parts}; set ${setting} to a multiple of ${degree * plan.parts}`,
          );
      if (plan.classes !== undefined)
        plan.refuse(
          `a pack of ${degree} samples has ${degree} labels, and a conditional discriminator takes one; set conditional=false or leave packing out`,
        );
      plan.addView(discriminator ?? undefined, {
        group: degree,
        shape: ([first = 0, ...rest]) => [first * degree, ...rest],
        latentSize: (size) => size * degree,
        apply: ({ image, latent }): Sample => {
          const [count = 0, first = 0, ...rest] = image.shape;
          const packs = count / degree;
          return {
            image: image.reshape([packs, first * degree, ...rest]),
            latent: latent?.reshape([packs, latent.size(1) * degree]),
          };
        },
      });
    },
  }),
});
