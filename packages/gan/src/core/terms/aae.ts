import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import mlp from "../nets/families/mlp.js";
import { oncePerPlay } from "./parts/adversarial.js";

const RECONSTRUCTION = "reconstruction";

/**
 * An autoencoder whose codes an adversary makes look like the prior. Each iteration has a reconstruction phase, in which E
 * and G minimise the distance of x to G(E(x)), and a regularisation phase: D, a network of two ReLU layers that judges
 * latents, tells `prior` = z from `code` = E(x), and E fools it, by whatever adversarial loss the composition has. D does
 * not judge images. One optimizer serves E in both phases, where the paper has two.
 */
export default defineTerm({
  name: "aae",
  summary: "autoencoder whose latents D cannot tell from the prior (adversarial autoencoder)",
  source: "Makhzani et al. 2016 (Adversarial Autoencoders), section 2 and appendix A",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(1).describe("of the reconstruction"),
    distance: z.enum(["l2", "l1"]).default("l2").describe("per pixel, a mean; l1: PyTorch-GAN's code"),
    hidden: z
      .array(z.int().min(1).max(65_536))
      .min(1)
      .default([1000, 1000])
      .describe("widths of D's hidden layers"),
    stochastic: z.boolean().default(false).describe("E draws its latent from a Gaussian that it predicts"),
  }),
  make: ({ weight, distance, hidden, stochastic }) => {
    // Codes are all that G is trained on, so they, not a stream of their own, make its batch statistics.
    const loss = oncePerPlay((play) => {
      const real = play.stream("real");
      const difference = play.generate(play.encode("real").latent, real.label).sub(real.image);
      return (distance === "l2" ? difference.square() : difference.abs()).mean().mul(play.at(weight));
    });
    return {
      plan(plan) {
        plan.addEncoder({ stochastic });
        const options = mlp.options.parse({
          discriminatorHidden: hidden,
          discriminatorActivation: "relu",
          initialization: "default",
        });
        plan.addDiscriminator("discriminator", {
          shape: [plan.prior.size],
          make: (request) => mlp.discriminator(options, { ...request, classes: undefined }),
        });
        plan.streams.set("prior", {
          dependsOn: [],
          sample: (play) => ({
            image: play.generator().prior.sample(play.options.batch, play.random, play.options.device),
          }),
        });
        plan.streams.set("code", {
          dependsOn: ["encoder"],
          sample: (play) => ({ image: play.encode("real").latent }),
        });
        plan.setContests("aae", [
          { discriminator: "discriminator", real: "prior", fake: "code", fool: "fake" },
        ]);
        const { steps } = plan.turn("discriminator");
        plan.phases = [
          {
            ...plan.turn("generator"),
            name: RECONSTRUCTION,
            update: [["generator", "encoder"]],
            real: "fresh",
            against: {},
          },
          {
            name: "discriminator",
            update: ["discriminator"],
            steps,
            real: steps === 1 ? "same" : "fresh",
          },
          { name: "regularisation", update: ["encoder"], steps: 1, real: "same" },
        ];
      },
      loss(player, play) {
        if (play.options.phase?.name !== RECONSTRUCTION) return undefined;
        return player === "generator" || player === "encoder" ? loss(play) : undefined;
      },
    };
  },
});
