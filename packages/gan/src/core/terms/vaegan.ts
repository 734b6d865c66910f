import { distributed, noGrad } from "@gantry/torch";
import { z } from "zod";
import { affine, isNever, scheduled } from "../base/schedule.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import type { Features } from "../nets/contract.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { planReconstruction } from "./parts/reconstruction.js";

/**
 * A variational autoencoder that measures its error in what D sees, and a GAN that shares its decoder G:
 *
 * E minimises KL + recon, G minimises weight * recon + (1 - weight) * (fooling D with G(z) and with G(E(x))),
 * D tells x from both; D gets no gradient from recon, E none from D's verdicts. All three update at once.
 *
 * KL = 1/2 sum(mean^2 + exp(logVariance) - 1 - logVariance), recon = 1/2 ||f(x) - f(G(E(x)))||^2, f D's local features:
 * sums over the latent and the features, means over the batch. D counts x twice, once against each kind of fake, which is
 * the code's balance. The code's adversarial loss is `minimax`.
 *
 * With a `margin` the code's rule holds players still that are too far ahead: D when its cost on reals or on fakes
 * (cross-entropy) is below equilibrium - margin, G when one is above equilibrium + margin; neither when both would be held.
 */
export default defineTerm({
  name: "vaegan",
  summary: "variational autoencoder with its reconstruction error in D's features (VAE-GAN)",
  source: "Larsen et al. 2016, algorithm 1; andersbll/autoencoding_beyond_pixels, model/aegan.py",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0).max(1))
      .default(5e-5)
      .describe("w: of reconstruction against GAN, for G"),
    features: z
      .enum(["local", "global"])
      .default("local")
      .describe("what of D the error is measured in; networks without a map have only global"),
    margin: z.number().min(0).nullable().default(null).describe("holds players this far from equilibrium"),
    equilibrium: z.number().min(0).default(0.68).describe("cost of a D that does not know (log 2 is 0.693)"),
  }),
  make: ({ weight, features, margin, equilibrium }) => {
    const D = "discriminator";
    const seen = (f: Features) => ((features === "local" ? f.local : undefined) ?? f.global).flatten(1);
    const divergence = oncePerPlay((play) => {
      const { mean, logVariance } = play.encode("real");
      return mean!.square().add(logVariance!.exp()).sub(1).sub(logVariance!).sum([1]).mean().mul(0.5);
    });
    const reconstruction = oncePerPlay((play) => {
      const made = seen(play.look(D, "reconstruction"));
      return made
        .sub(seen(play.look(D, "real")))
        .square()
        .sum([1])
        .mean()
        .mul(0.5);
    });
    const decoding = oncePerPlay((play) => reconstruction(play).mul(play.at(weight)));
    const held = oncePerPlay((play) => holdsBack(play, D, equilibrium, margin ?? 0));
    return {
      plan(plan) {
        plan.addEncoder({ stochastic: true });
        planReconstruction(plan);
        plan.setContests("vaegan", [
          { discriminator: D, real: "real", fake: "fake", fool: "fake" },
          { discriminator: D, real: "real", fake: "reconstruction", fool: "fake", opponents: ["generator"] },
        ]);
        const together = {
          name: "together",
          update: ["encoder", "generator", D],
          steps: 1,
          real: "fresh",
          against: { [D]: affine(weight, -1, 1) },
        } as const;
        // All update in the last of several discriminator steps, which is the first of several generator steps.
        const others = (name: string) =>
          plan.phases
            .filter((phase) => phase.name === name && phase.steps > 1)
            .map((phase) => ({ ...phase, steps: phase.steps - 1 }));
        const generator = others("generator").map((phase) => ({ ...phase, against: together.against }));
        plan.phases = [...others(D), together, ...generator];
      },
      loss(player, play) {
        if (player === "encoder") return [divergence(play), reconstruction(play)];
        return player === "generator" && !isNever(weight) ? decoding(play) : undefined;
      },
      // Not at all without a margin: who may hold somebody needs the whole batch's losses first.
      ...(margin === null ? {} : { holds: (player: string, play: Play) => held(play).includes(player) }),
    };
  },
});

/** Who must stand still. Reads two numbers. */
function holdsBack(play: Play, discriminator: string, equilibrium: number, margin: number): string[] {
  const cost = (stream: string, sign: 1 | -1) =>
    noGrad(() => {
      const { logits } = play.judge(discriminator, stream);
      return distributed.meanOfRanks(logits.mul(sign).softplus().mean()).item();
    });
  const costs = [cost("real", -1), (cost("fake", 1) + cost("reconstruction", 1)) / 2];
  const held: string[] = [];
  if (costs.some((each) => each < equilibrium - margin)) held.push(discriminator);
  if (costs.some((each) => each > equilibrium + margin)) held.push("generator");
  return held.length === 2 ? [] : held;
}
