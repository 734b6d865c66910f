import { distributed, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { isObject, type Json } from "../base/json.js";
import { type Scheduled, scheduled } from "../base/schedule.js";
import { validate } from "../base/validate.js";
import { defineTerm } from "../game/term.js";

const amount = z.number().min(0);

/** What older versions had in a schedule's place: a list of [from, sigma] (0 before the first), or one sigma that falls to 0. */
const older = z.strictObject({
  sigma: z.union([amount, z.array(z.tuple([amount, amount])).min(1)]).default(0.1),
  unit: z.enum(["iterations", "epochs"]).default("iterations"),
  decay: z.enum(["none", "linear"]).default("none"),
});

/** Such options as one of today's sigmas. */
function scheduleOf({ sigma, unit, decay }: z.output<typeof older>): Scheduled {
  if (typeof sigma === "number")
    return decay === "none" ? sigma : { from: sigma, to: 0, over: { training: 1 }, shape: "linear" };
  if (decay === "linear")
    throw new UsageError("instance-noise: a list of sigmas says itself how they fall; leave decay out");
  const list = [...sigma].sort((a, b) => a[0] - b[0]);
  const from = list[0]?.[0] === 0 ? (list.shift()?.[1] ?? 0) : 0;
  const last = list.pop();
  if (last === undefined) return from;
  return {
    from,
    to: last[1],
    over: { [unit]: last[0] },
    shape: "steps",
    ...(list.length === 0 ? {} : { between: list }),
  };
}

/**
 * Gaussian noise on every image that a discriminator judges, real and fake alike: image + sigma * n, n fresh each time.
 * Where sigma is 0 no random number is drawn: everything is as without the term, to the bit.
 *
 * Source: Sonderby et al. 2017 (Amortised MAP inference), section 4; with steps as IVGAN's code anneals it, where only
 * what enters the adversarial head is noisy. Jenni and Favaro's learned noise is another method.
 */
export default defineTerm({
  name: "instance-noise",
  summary: "annealed Gaussian noise on the images D judges",
  source: "Sonderby et al. 2017, section 4; zhangliangyu32/IVGAN, interpolation.py",
  kind: "view",
  options: z.strictObject({
    sigma: scheduled(amount)
      .default(0.1)
      .describe("standard deviation, as 0.1 or 0.1..0@training; images span [-1, 1]"),
    images: z
      .enum(["adversarial", "all"])
      .default("adversarial")
      .describe("adversarial: only those that the adversarial head judges; all: other heads' too"),
    discriminator: z.string().nullable().default(null).describe("before which; null: every one"),
  }),
  translate({ sigma, unit, decay, ...rest }) {
    if (unit === undefined && decay === undefined && !Array.isArray(sigma))
      return sigma === undefined ? rest : { sigma, ...rest };
    const given = { sigma, unit, decay };
    if (isObject(sigma))
      throw new UsageError("instance-noise: sigma says itself how it falls; leave unit and decay out");
    return { sigma: scheduleOf(validate(older, given, "terms.instance-noise")) as Json, ...rest };
  },
  make: ({ sigma, images, discriminator }, instance = "instance-noise") => {
    return {
      attach(game) {
        if (discriminator !== null) game.requireDiscriminator("instance-noise", discriminator);
      },
      plan(plan) {
        plan.addView(discriminator ?? undefined, {
          adversarialOnly: images === "adversarial",
          apply(sample, play) {
            const now = play.at(sigma);
            play.report(`${instance}/sigma`, now);
            if (now === 0) return sample;
            const { image } = sample;
            const { dtype, device } = image;
            const noise = distributed.drawRows(image.shape, (all) =>
              torch.randn(all, { generator: play.random, dtype, device }),
            );
            return { ...sample, image: image.add(noise.mul(now)) };
          },
        });
      },
    };
  },
});
