import { distributed, keep, nn, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { isNever, scheduled } from "../base/schedule.js";
import { drawLatents, fakeOf } from "../game/fake.js";
import type { Plan } from "../game/plan.js";
import type { Drawn, Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { attachHead } from "./parts/head.js";
import { type Intervention, interventions, uniform } from "./parts/intervention.js";
import { addReconstruction } from "./parts/reconstruction.js";

const kinds = await interventions.all();

/**
 * Real images are encoded, each by one of k interventions that leave the prior as it is, and G makes the stream
 * `intervened` = G(O_i(E(x))). A classifier f, a head on D's trunk, must tell i; G and E must leave it guessing, and
 * reconstruct images and latents:
 *
 *     CE = mean -log f_i(G(O_i(E(x))))
 *     recon = mean |x - G(E(x))| + mean |O_i(z) - E(G(O_i(z)))|, z from the prior
 *     D and f: + CE        G and E: - weight * CE + reconstruction * recon
 *
 * Every image has an i and a noise of its own; a pack of images (packing) has one i, which is what can be told of it. E updates
 * along with G, by gradients of losses that are computed once (lines 13 to 17 of the algorithm), then `encoderSteps` - 1
 * times by itself on the same batch. Where another term has E update, before or behind this one in the list, it has no
 * steps by itself. With `innerLoop` all, D, f, G and E go through all `encoderSteps` inner iterations together, on one
 * batch of reals and one of latents, as the algorithm is printed.
 *
 * Reported: `crossEntropy`, and `jensenShannon` = log k - CE in nats. By theorem 1 that is the divergence JS(p_1, ..., p_k) of
 * the intervened distributions where f is the best classifier, and below it where f is not.
 *
 * What the authors' code does instead, each a setting: `draw` batch has one i for a minibatch, and for the noise the z of
 * `fake` in steps of D and G (unless G's batch is another than the reals'), fresh in E's own; `latents` encoded takes the
 * second part of recon over O_i(E(x)); `classifier` weighted has D and f minimise weight * CE; and in the variant public E
 * minimises + weight * CE, with the classifier instead of against it, and nothing else (its reconstruction is computed
 * there, and not used, in nine variants of ten), all of its steps after G's. Only the batch norm at the end of its encoder
 * keeps such an E in bounds: networks without one (family mlp) run off. What is not taken over: there E stands in
 * evaluation mode while D and G update, G in evaluation mode after the first scoring, and all of E's steps see one i and
 * one noise.
 */
export default defineTerm({
  name: "intervention",
  summary: "a classifier must not tell which part of an encoding was replaced by noise (IVGAN)",
  source: "IVGAN paper, equations 3, 5, 6, algorithm 1, theorem 1; zhangliangyu32/IVGAN, interpolation.py",
  kind: "regularizer",
  on: "dcgan",
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
    innerLoop: z
      .enum(["encoder", "all"])
      .default("encoder")
      .describe(
        "who goes through encoderSteps: E alone, as in the authors' code, or D, f, G and E (algorithm 1)",
      ),
    draw: z
      .enum(["sample", "batch"])
      .default("sample")
      .describe(
        "sample: an intervention and a noise for every image; batch: one, and z for noise (the code)",
      ),
    latents: z
      .enum(["prior", "encoded"])
      .default("prior")
      .describe("which ones E must find again, of the prior (equation 5) or of reals (the code)"),
    reduction: z
      .enum(["mean", "sum"])
      .default("mean")
      .describe("of absolute differences over pixels and over a latent: mean (the code), or sum, an l1 norm"),
    classifier: z
      .enum(["plain", "weighted"])
      .default("plain")
      .describe("cross-entropy that D and f minimise: as it is (algorithm 1), or times weight (the code)"),
    variant: z
      .enum(["paper", "public"])
      .default("paper")
      .describe("public: E helps the classifier, as in the authors' code"),
    seed: z.int().min(0).default(0).describe("of interventions that are drawn once"),
  }),
  before: {
    2: { innerLoop: "encoder", draw: "batch", latents: "encoded", reduction: "mean", classifier: "weighted" },
  },
  make: (
    { k, operation, weight, reconstruction, encoderSteps, innerLoop, variant, seed, ...forms },
    instance = "intervention",
  ) => {
    const D = "discriminator";
    const kind = kinds.get(operation)!;
    let intervention: Intervention;
    const ownDraws = forms.draw === "sample";

    /** Which intervention each of `count` latents has, int64 N. */
    const choose = (play: Play, count: number): Tensor => {
      const { random, device } = play.options;
      const pack = play.game.groupOf(D);
      const drawn = ownDraws ? count / pack : 1;
      const draw = (shape: readonly number[]) =>
        torch.randint(0, k, shape, { generator: random, dtype: "int64", device });
      // One for the batch is the same in every process.
      const index = ownDraws ? distributed.drawRows([drawn], draw) : draw([drawn]);
      return ownDraws ? index.repeatInterleave(pack) : index.expand([count]);
    };
    const fresh = (play: Play, count: number) =>
      play.generator().prior.sample(count, play.random, play.options.device);
    /** What fills a block of `count` encodings. */
    const filler = (play: Play, count: number): Tensor => {
      const shared = !ownDraws && play.isUpdating(["generator", D]);
      const latent = shared ? play.stream("fake").latent : undefined;
      return latent?.size(0) === count ? latent : fresh(play, count);
    };

    const crossEntropy = oncePerPlay((play) => {
      const { choice } = play.stream("intervened");
      const features = play.look(D, "intervened").global;
      const logits = play.discriminator(D).head<nn.Linear>("intervention").forward(features);
      // One for all images of a pack.
      const target = choice!.reshape([logits.size(0), -1]).select(1, 0);
      const loss = logits.crossEntropyLoss(target);
      play.report(`${instance}/crossEntropy`, loss);
      play.report(`${instance}/jensenShannon`, () => loss.neg().add(Math.log(k)));
      return loss;
    });
    const weighted = oncePerPlay((play) => crossEntropy(play).mul(play.at(weight)));
    const deceived = oncePerPlay((play) => weighted(play).neg());
    const apart = (a: Tensor, b: Tensor): Tensor => {
      const difference = a.sub(b).abs();
      return forms.reduction === "mean" ? difference.mean() : difference.flatten(1).sum([1]).mean();
    };
    const recovered = oncePerPlay((play) => {
      const stream = forms.latents === "prior" ? "intervened-prior" : "intervened";
      const image = apart(play.stream("reconstruction").image, play.stream("real").image);
      const latent = apart(play.encode(stream).latent, play.stream(stream).latent!);
      play.report(`${instance}/imageError`, image);
      play.report(`${instance}/latentError`, latent);
      return image.add(latent).mul(play.at(reconstruction));
    });

    let held: (Drawn & { iteration: number }) | undefined;
    const release = () => {
      held?.latent.dispose();
      held?.label?.dispose();
      held = undefined;
    };
    /** The latents of an iteration's first step, for all of it. */
    const heldLatents = (play: Play, count: number): Drawn => {
      if (held?.iteration === play.iteration) return held;
      release();
      const { latent, label } = drawLatents(play, count);
      held = { iteration: play.iteration, latent: keep(latent), label: label && keep(label) };
      return held;
    };

    /** E's part in the schedule, once every term has planned. */
    function schedule(plan: Plan): void {
      if (plan.updates("encoder")) {
        if (variant === "public")
          plan.refuse(
            "intervention: in the variant public E plays another game than G, and another term has them update as one; leave variant out, or the other term",
          );
        if (innerLoop === "all")
          plan.refuse(
            "intervention: another term says when E updates, and innerLoop=all has all players update by a schedule of its own; leave innerLoop out, or the other term",
          );
        return;
      }
      if (variant === "paper") plan.joinTeam("encoder", "generator");
      const own = innerLoop === "all" ? 1 : encoderSteps;
      const steps = own - (variant === "paper" ? 1 : 0);
      if (steps > 0)
        plan.phases = [...plan.phases, { name: "encoder", update: ["encoder"], steps, real: "same" }];
      if (innerLoop === "encoder") return;
      if (plan.generatorBatch !== plan.batch)
        plan.refuse(
          "intervention: with innerLoop=all D and G see one batch of latents; leave schedule.generatorBatch out",
        );
      plan.streams.set("fake", fakeOf(heldLatents));
      const again = plan.phases.map((phase) => ({ ...phase, real: "same" as const }));
      plan.phases = [...plan.phases, ...Array.from({ length: encoderSteps - 1 }, () => again).flat()];
    }

    return {
      ...(ownDraws ? {} : { coupled: "the one intervention of a batch" }),
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
          schedule(plan);
        });
        plan.streams.set("intervened", {
          dependsOn: ["generator", "encoder"],
          sample(play) {
            const { label, image: real } = play.stream("real");
            const choice = choose(play, real.size(0));
            const encoded = play.encode("real").latent;
            const latent = intervention.apply(encoded, choice, filler(play, encoded.size(0)));
            const image = nn.batchStatistics("intervened", () => play.generate(latent, label));
            return { image, latent, label, choice };
          },
        });
        plan.streams.set("intervened-prior", {
          dependsOn: ["generator"],
          sample(play) {
            const { label, image: real } = play.stream("real");
            const count = real.size(0);
            const choice = choose(play, count);
            const latent = intervention.apply(fresh(play, count), choice, fresh(play, count));
            return { image: play.generate(latent, label), latent, label, choice };
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
        if (player === D)
          return isNever(weight) ? undefined : (forms.classifier === "plain" ? crossEntropy : weighted)(play);
        if (player !== "generator" && player !== "encoder") return undefined;
        if (player === "encoder" && variant === "public")
          return !isNever(weight) ? weighted(play) : undefined;
        const parts = !isNever(weight) ? [deceived(play)] : [];
        if (!isNever(reconstruction)) parts.push(recovered(play));
        return parts;
      },
      dispose: release,
    };
  },
});
