import { nn, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { isNever, scheduled } from "../base/schedule.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { attachHead } from "./parts/head.js";
import { type Intervention, interventions, uniform } from "./parts/intervention.js";
import { addReconstruction } from "./parts/reconstruction.js";

const kinds = await interventions.all();

/**
 * Real images are encoded, one of k interventions that leave the prior as it is changes the encoding, and G makes
 * the stream `intervened` = G(O_i(E(x))). A classifier f, a head on D's trunk, must tell i; G and E must leave it guessing,
 * and reconstruct images and latents:
 *
 *     CE = mean -log f_i(G(O_i(E(x))))
 *     recon = mean |x - G(E(x))| + mean |O_i(E(x)) - E(G(O_i(E(x))))|
 *     D and f: + weight * CE        G and E: - weight * CE + reconstruction * recon
 *
 * One i for a minibatch. The noise that fills a block is the z of `fake` in steps of D and G (unless G's batch is another
 * than the reals'), fresh in E's own. E updates along with G, by gradients of losses that are computed once (lines 13 to 17
 * of the algorithm), then `encoderSteps` - 1 times by itself on the same batch: of what the algorithm's inner loop holds,
 * the code repeats E's steps alone. Where another term has E update, before or behind this one in the list, it has no steps
 * by itself.
 *
 * The variant "public" is the game that the authors' code plays for E: it minimises + weight * CE, with the classifier
 * instead of against it, and nothing else (its reconstruction is computed there, and not used, in nine variants of ten). D
 * and G are the same, and all of E's steps come after G's. Only the batch norm at the end of its encoder keeps such an E
 * in bounds: networks without one (family mlp) run off. What is not taken over: there E stands in evaluation mode while D
 * and G update, G in evaluation mode after the first scoring, and all of E's steps see one i and one noise.
 */
export default defineTerm({
  name: "intervention",
  summary: "a classifier must not tell which part of an encoding was replaced by noise (IVGAN)",
  source: "IVGAN paper, equations 3, 5, 6 and algorithm 1; zhangliangyu32/IVGAN, interpolation.py",
  kind: "regularizer",
  options: z.strictObject({
    k: z
      .int()
      .min(2)
      .max(1024)
      .default(4)
      .describe("how many interventions; as blocks, it must divide the latent"),
    operation: z
      .enum([...kinds.keys()] as [string, ...string[]])
      .default("block-substitution")
      .describe("what the interventions do"),
    weight: scheduled(z.number().min(0))
      .default(0.5)
      .describe("mu (gamma in the code), of the cross-entropy"),
    reconstruction: scheduled(z.number().min(0)).default(0.25).describe("lambda (eta in the code), of recon"),
    encoderSteps: z
      .int()
      .min(1)
      .max(1000)
      .default(10)
      .describe(
        "steps of E on each batch, the first along with G; only that where another term has E update",
      ),
    variant: z
      .enum(["paper", "public"])
      .default("paper")
      .describe("public: E helps the classifier, as in the authors' code"),
    seed: z.int().min(0).default(0).describe("of interventions that are drawn once"),
  }),
  make: (
    { k, operation, weight, reconstruction, encoderSteps, variant, seed },
    instance = "intervention",
  ) => {
    const D = "discriminator";
    const kind = kinds.get(operation)!;
    let intervention: Intervention;

    /** The noise of a block, for `count` latents: z itself where G(z) is made anyway, and has as many. */
    const filler = (play: Play, count: number): Tensor => {
      const latent = play.isUpdating(["generator", D]) ? play.stream("fake").latent : undefined;
      if (latent?.size(0) === count) return latent;
      return play.generator().prior.sample(count, play.random, play.options.device);
    };

    const crossEntropy = oncePerPlay((play) => {
      const { choice } = play.stream("intervened");
      const features = play.look(D, "intervened").global;
      const logits = play.discriminator(D).head<nn.Linear>("intervention").forward(features);
      const device = play.options.device;
      // Of the classifier's own count: a view may have packed several images into one.
      const target = torch.full([logits.size(0)], choice!, { dtype: "int64", device });
      const loss = logits.crossEntropyLoss(target);
      play.report(`${instance}/crossEntropy`, loss);
      return loss.mul(play.at(weight));
    });
    const deceived = oncePerPlay((play) => crossEntropy(play).neg());
    const recovered = oncePerPlay((play) => {
      const image = play.stream("reconstruction").image.sub(play.stream("real").image).abs().mean();
      const latent = play.encode("intervened").latent.sub(play.stream("intervened").latent!).abs().mean();
      play.report(`${instance}/imageError`, image);
      play.report(`${instance}/latentError`, latent);
      return image.add(latent).mul(play.at(reconstruction));
    });

    return {
      plan(plan) {
        plan.addEncoder();
        addReconstruction(plan);
        // What latents look like, and which other terms have E update, is known once all have planned.
        plan.whenPlanned(() => {
          if (plan.prior.codes.length > 0)
            plan.refuse(
              "intervention: there is no intervention that leaves a prior with codes as it is; leave the term that brings codes out, or intervention",
            );
          const objection = kind.check(plan.prior, k);
          if (objection !== undefined) plan.refuse(`intervention: ${objection}`);
          intervention = kind.make(plan.prior.size, k, uniform(seed));
          if (plan.updates("encoder")) {
            if (variant === "public")
              plan.refuse(
                "intervention: in the variant public E plays another game than G, and another term has them update as one; leave variant out, or the other term",
              );
            return;
          }
          if (variant === "paper") plan.joinTeam("encoder", "generator");
          const steps = encoderSteps - (variant === "paper" ? 1 : 0);
          if (steps > 0)
            plan.phases = [...plan.phases, { name: "encoder", update: ["encoder"], steps, real: "same" }];
        });
        plan.streams.set("intervened", {
          dependsOn: ["generator", "encoder"],
          sample(play) {
            const { random, device } = play.options;
            const index = torch.randint(0, k, [1], { generator: random, dtype: "int64", device }).item();
            const { label } = play.stream("real");
            const encoded = play.encode("real").latent;
            const latent = intervention.apply(encoded, index, filler(play, encoded.size(0)));
            const image = nn.batchStatistics("intervened", () => play.generate(latent, label));
            return { image, latent, label, choice: index };
          },
        });
      },
      attach(game) {
        if (isNever(weight)) return;
        game.requireJudgeOfData("intervention", D);
        attachHead(game, D, {
          name: "intervention",
          needs: [1, "as every image is of an intervention"],
          head({ featureShapes }) {
            const head = new nn.Linear(featureShapes.global, k);
            nn.init.normal_(head.weight, 0, 0.02);
            return head;
          },
        });
      },
      loss(player, play) {
        if (player === D) return !isNever(weight) ? crossEntropy(play) : undefined;
        if (player !== "generator" && player !== "encoder") return undefined;
        if (player === "encoder" && variant === "public")
          return !isNever(weight) ? crossEntropy(play) : undefined;
        const parts = !isNever(weight) ? [deceived(play)] : [];
        if (!isNever(reconstruction)) parts.push(recovered(play));
        return parts;
      },
    };
  },
});
