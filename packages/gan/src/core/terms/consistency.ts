import { sumOf, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import type { Contest, Play, Stream } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { requireImages } from "./parts/augment/augmentation.js";
import { type Draws, drawsOf } from "./parts/augment/draws.js";
import { drawShifts, mirroredAtRandom, shifted } from "./parts/augment/shift.js";

/** T: mirrored half of the time, and moved by up to an eighth of its side, with the image mirrored at its edges. */
export function flippedAndShifted(images: Tensor, draws: Draws): Tensor {
  const [count = 0, , height = 0, width = 0] = images.shape;
  const flipped = mirroredAtRandom(images, 0.5, draws);
  const most = [Math.floor(height / 8), Math.floor(width / 8)] as const;
  return shifted(flipped, drawShifts(draws, count, most), "mirror");
}

/** G(z + dz) for the z of the stream `fake`, dz `radius` times a draw from the prior; codes at a latent's end mean something, and stay. */
const neighbours = (radius: number): Stream => ({
  dependsOn: ["generator"],
  sample(play) {
    const { latent, label } = play.stream("fake");
    const { prior } = play.generator();
    const z = latent as Tensor;
    const noise = prior.codes[0]?.from ?? prior.size;
    const step = prior.sample(z.size(0), play.random, play.options.device).mul(radius).narrow(1, 0, noise);
    const moved = z.add(step.constantPadNd([0, prior.size - noise]));
    return { image: play.generate(moved, label), latent: moved, label };
  },
});

const distance = (a: Tensor, b: Tensor) => a.sub(b).square().mean();

/**
 * D is to say the same of what looks the same:
 *
 *     cr:  D + real mean (D(x) - D(T(x)))^2
 *     bcr: D + real mean (D(x) - D(T(x)))^2 + fake mean (D(G(z)) - D(T(G(z))))^2
 *     zcr: D + latent mean (D(G(z)) - D(G(z + dz)))^2;  G - spread mean (G(z) - G(z + dz))^2, over pixels
 *     icr: bcr and zcr
 *
 * T mirrors half of the images and moves each by up to an eighth of its side. dz is `radius` times a draw from the prior. Augmentations
 * of the composition come after T, with numbers of their own.
 */
export default defineTerm({
  name: "consistency",
  summary: "D says the same of images moved or mirrored, or of latents moved a little (CR, bCR, zCR, ICR)",
  source:
    "Zhang et al. 2020 (CR-GAN), equation 5; Zhao et al. 2021 (ICR-GAN), algorithms 1 and 2; POSTECH-CVLab/PyTorch-StudioGAN",
  kind: "regularizer",
  on: "dcgan",
  options: z.strictObject({
    form: z.enum(["cr", "bcr", "zcr", "icr"]).default("cr").describe("which of them"),
    real: scheduled(z.number().min(0)).default(10).describe("of cr, bcr, icr: weight on reals"),
    fake: scheduled(z.number().min(0)).default(10).describe("of bcr, icr: weight on fakes"),
    latent: scheduled(z.number().min(0)).default(20).describe("of zcr, icr: weight for D"),
    spread: scheduled(z.number().min(0)).default(0.5).describe("of zcr, icr: weight for G"),
    radius: z.number().gt(0).default(0.05).describe("of zcr, icr: of dz, in draws from the prior"),
    discriminator: z.string().default("discriminator").describe("whose scores"),
  }),
  make({ form, radius, discriminator, ...weights }, instance = "consistency") {
    const ofImages = form !== "zcr";
    const ofLatents = form === "zcr" || form === "icr";
    const stream = `${instance} neighbours`;
    let contests: readonly Contest[] = [];

    /** How far D's word moves with T, over every stream named. */
    const moved = (play: Play, which: "real" | "fake") =>
      sumOf(
        contests.map((contest) => {
          const name = contest[which];
          const sample = play.stream(name);
          const image = flippedAndShifted(sample.image, drawsOf(play.random, sample.image));
          const { logits } = play.judgeSample(discriminator, { ...sample, image });
          return distance(play.judge(discriminator, name).logits, logits);
        }),
      );
    const judged = (play: Play): Tensor[] => {
      const parts: Tensor[] = [];
      const [real, fake, latent] = [play.at(weights.real), play.at(weights.fake), play.at(weights.latent)];
      if (ofImages && real > 0) parts.push(moved(play, "real").mul(real));
      if (ofImages && form !== "cr" && fake > 0) parts.push(moved(play, "fake").mul(fake));
      if (ofLatents && latent > 0) {
        const [here, there] = play.judgeBoth(discriminator, ["fake", stream]);
        parts.push(distance(here.logits, there.logits).mul(latent));
      }
      return parts;
    };
    const spread = (play: Play) =>
      distance(play.stream("fake").image, play.stream(stream).image).mul(-play.at(weights.spread));
    return {
      plan(plan) {
        if (ofImages) requireImages(plan, `${instance} (form=${form})`);
        if (ofLatents) plan.streams.set(stream, neighbours(radius));
      },
      attach(game) {
        game.requireJudgeOfData("consistency", discriminator);
        contests = game.contestsOf(discriminator);
      },
      loss(player, play) {
        if (player === discriminator) return judged(play);
        return player === "generator" && ofLatents && play.at(weights.spread) > 0 ? spread(play) : undefined;
      },
    };
  },
});
