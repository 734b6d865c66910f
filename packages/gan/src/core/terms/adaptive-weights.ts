import { distributed, grad, type nn, noGrad, sumOf, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { scheduled } from "../base/schedule.js";
import { type GraphOptions, gradientOfSum, type Losses } from "../game/gradient.js";
import type { Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";

/** What the weights depend on: r and f are the gradients of L_r and L_f, over all parameters of D. */
export interface Measures {
  /** Mean of sigmoid(D(x)), and of sigmoid(D(G(z))). */
  readonly realScore: number;
  readonly fakeScore: number;
  /** <r, r>, <f, f> and <r, f>. */
  readonly realSquare: number;
  readonly fakeSquare: number;
  readonly product: number;
}

export interface WeightOptions {
  /** Algorithm 1, or algorithm 2. */
  readonly normalized: boolean;
  /** a_1, a_2, delta and epsilon. */
  readonly low: number;
  readonly high: number;
  readonly margin: number;
  readonly epsilon: number;
  /** Added to both squares. */
  readonly smoothing: number;
}

export interface Weights {
  /** 1 and 2 favour real, 3 and 4 fake, 5 neither; 1 and 3 are for gradients at an obtuse angle. */
  readonly case: 1 | 2 | 3 | 4 | 5;
  readonly real: number;
  readonly fake: number;
}

/** 1/x, and 0 for 0: a gradient that is 0 stays so under any weight, but infinity times 0 would be NaN. */
const inverse = (x: number) => (x > 0 ? 1 / x : 0);

/** The weights w_r and w_f of the adaptive weighted discriminator's algorithm 1 (normalized) or 2. */
export function adaptiveWeights(measures: Measures, options: WeightOptions): Weights {
  const { realScore, fakeScore, product } = measures;
  const { normalized, low, high, margin, epsilon, smoothing } = options;
  const realSquare = measures.realSquare + smoothing;
  const fakeSquare = measures.fakeSquare + smoothing;
  const a = normalized ? inverse(Math.sqrt(realSquare)) : 1;
  const b = normalized ? inverse(Math.sqrt(fakeSquare)) : 1;
  const obtuse = product < 0;
  if (realScore < fakeScore - margin || realScore < low) {
    return obtuse
      ? { case: 1, real: a + epsilon, fake: -product * inverse(fakeSquare) * a + epsilon }
      : { case: 2, real: a + epsilon, fake: epsilon };
  }
  if (realScore > fakeScore - margin && realScore > high) {
    return obtuse
      ? { case: 3, real: -product * inverse(realSquare) * b + epsilon, fake: b + epsilon }
      : { case: 4, real: epsilon, fake: b + epsilon };
  }
  return { case: 5, real: a + epsilon, fake: b + epsilon };
}

/** Gradients of all parameters end to end; zeros where there is none. */
const joined = (gradients: readonly (Tensor | undefined)[], parameters: readonly nn.Parameter[]) =>
  torch.cat(
    gradients.map((gradient, i) => (gradient ?? (parameters[i] as nn.Parameter).zerosLike()).flatten()),
  );

/** The reverse of joined(): undefined where neither part had a gradient. */
function separated(
  vector: Tensor,
  parameters: readonly nn.Parameter[],
  present: readonly boolean[],
): (Tensor | undefined)[] {
  let offset = 0;
  return parameters.map((parameter, i) => {
    const from = offset;
    offset += parameter.numel;
    return present[i] ? vector.narrow(0, from, parameter.numel).view(parameter.shape) : undefined;
  });
}

const degrees = (product: number, square1: number, square2: number): number | undefined => {
  const norms = Math.sqrt(square1 * square2);
  return norms > 0 ? (Math.acos(Math.max(-1, Math.min(1, product / norms))) * 180) / Math.PI : undefined;
};

const mean = (tensors: readonly Tensor[]): Tensor => sumOf(tensors).div(tensors.length);

/**
 * The gradient of D's adversarial loss L_r + L_f becomes w_r grad L_r + w_f grad L_f, with weights by the scores and by the
 * angle between the two gradients; no gradient flows through the weights, and what G minimises stays.
 *
 * Both gradients come from one forward pass and cost two backward passes through the halves of its graph, as much as one
 * through the whole. Other losses of D (a gradient penalty, InfoMax) keep weight 1 and cost one backward pass more; with
 * several contests, real and fake parts are added up and scores averaged.
 *
 * `normalized` is algorithm 1, `raw` algorithm 2, both by the thresholds `low`, `high` and `margin`; `fixed` has the weights
 * `real` and `fake` always, equation 2, with which the best D is w_r p / (w_r p + w_f q) under cross-entropy (theorem 1);
 * `equal` keeps the ordinary sum, and measures what the others would.
 * The authors' code (vasily789/adaptive-weighted-gans, aw_loss.py) adds 1e-4 to both squared norms: `smoothing`.
 *
 * Reports of each D: `weights/case`, `weights/real`, `weights/fake`; `angle/...` between the real, fake and combined
 * gradients in degrees; `before/...` and `after/...`: mean scores of the same samples around the update.
 */
export default defineTerm({
  name: "adaptive-weights",
  summary: "weighs the real and the fake gradient of D by its scores and their angle (aw-GAN)",
  source:
    "Zadorozhnyy, Cheng, Ye 2021 (Adaptive Weighted Discriminator), equation 2, theorem 1, algorithms 1 and 2",
  kind: "gradient",
  parts: true,
  options: z.strictObject({
    variant: z
      .enum(["normalized", "raw", "fixed", "equal"])
      .default("normalized")
      .describe("algorithm 1; algorithm 2; equation 2 by real and fake below; equal weights of 1"),
    real: scheduled(z.number().min(0)).default(1).describe("w_r of the variant fixed"),
    fake: scheduled(z.number().min(0)).default(1).describe("w_f of the variant fixed"),
    low: z.number().default(0.5).describe("alpha_1: real scores below favour real"),
    high: z.number().default(0.75).describe("alpha_2: real scores above favour fake"),
    margin: z.number().min(0).default(0.05).describe("delta: how far real scores may lie below fake ones"),
    epsilon: z.number().min(0).default(0.05).describe("added to both weights"),
    smoothing: z
      .number()
      .min(0)
      .default(0)
      .describe("added to the squared norms of both gradients; 1e-4 in the authors' code"),
    discriminator: z.string().default("discriminator").describe("whose gradients"),
  }),
  make: ({ variant, discriminator, real: fixedReal, fake: fixedFake, ...constants }) => {
    const options = { ...constants, normalized: variant === "normalized" };

    /** The real and the fake gradient as vectors, and the pass through the rest. */
    function parts(
      { splits }: Losses,
      parameters: readonly nn.Parameter[],
      graph: GraphOptions,
    ): { real: Tensor; fake: Tensor; present: boolean[] } {
      const of = (which: "real" | "fake", retainGraph: boolean) =>
        grad(sumOf(splits.map((split) => split[which])), parameters, {
          createGraph: graph.createGraph ?? false,
          retainGraph,
          allowUnused: true,
        });
      const real = of("real", true);
      const fake = of("fake", graph.retainGraph ?? graph.createGraph ?? false);
      return {
        // The weights go by the whole batch's gradients.
        real: distributed.meanOfRanks(joined(real, parameters)),
        fake: distributed.meanOfRanks(joined(fake, parameters)),
        present: parameters.map((_, i) => real[i] !== undefined || fake[i] !== undefined),
      };
    }

    /** Reads everything that the weights need, in one transfer. */
    function measure({ splits }: Losses, real: Tensor, fake: Tensor): Measures {
      return noGrad(() => {
        const judged = splits.flatMap((split) => split.judged);
        const probability = (which: "real" | "fake") =>
          mean(judged.map((pair) => pair[which].logits.detach().sigmoid().mean())).to({ dtype: real.dtype });
        const [r, f] = [real.detach(), fake.detach()];
        const [realScore, fakeScore, realSquare, fakeSquare, product] = torch
          .stack([
            ...distributed.meanOfRanks(torch.stack([probability("real"), probability("fake")])).unbind(0),
            ...[r.dot(r), f.dot(f), r.dot(f)],
          ])
          .toNumbers() as [number, number, number, number, number];
        return { realScore, fakeScore, realSquare, fakeSquare, product };
      });
    }

    function report(play: Play, { realSquare, fakeSquare, product, ...scores }: Measures, weights: Weights) {
      const { real, fake } = weights;
      const combinedSquare = real ** 2 * realSquare + 2 * real * fake * product + fake ** 2 * fakeSquare;
      const values: Record<string, number | undefined> = {
        "weights/case": weights.case,
        "weights/real": real,
        "weights/fake": fake,
        "probability/real": scores.realScore,
        "probability/fake": scores.fakeScore,
        "angle/real-fake": degrees(product, realSquare, fakeSquare),
        "angle/real-combined": degrees(real * realSquare + fake * product, realSquare, combinedSquare),
        "angle/fake-combined": degrees(real * product + fake * fakeSquare, fakeSquare, combinedSquare),
      };
      for (const [name, value] of Object.entries(values))
        if (value !== undefined) play.report(`${discriminator}/${name}`, value);
    }

    /** The judgements of logged steps, for looking at the same samples after the update. */
    const looked = new WeakMap<Play, Losses>();

    function reportScores(losses: Losses, play: Play, when: "before" | "after"): void {
      const judged = losses.splits.flatMap((split) => split.judged);
      const network = play.discriminator(discriminator);
      const score = (which: "real" | "fake") =>
        mean(
          judged.map((pair) => {
            const { sample, logits } = pair[which];
            return (when === "before" ? logits : network.score(network.features(sample), sample)).mean();
          }),
        );
      for (const which of ["real", "fake"] as const)
        play.report(`${discriminator}/${when}/${which}`, score(which));
    }

    return {
      plan(plan) {
        if (variant !== "fixed" && (fixedReal !== 1 || fixedFake !== 1))
          plan.refuse(
            `adaptive-weights: real and fake are the weights of the variant fixed, and ${variant} makes its own; set variant=fixed, or leave them out`,
          );
        if (plan.rules.has(discriminator))
          plan.refuse(
            `another term makes the gradients of the ${discriminator} already; adaptive-weights cannot share`,
          );
        plan.rules.set(discriminator, (losses, parameters, play, graph) => {
          const { splits, wholes } = losses;
          if (splits.length === 0)
            throw new UsageError(
              `adaptive-weights: in the phase ${play.options.phase?.name ?? "at hand"} what the ${discriminator} minimises does not come in a real and a fake part; leave adaptive-weights out`,
            );
          const { logging } = play.options;
          if (logging) {
            looked.set(play, losses);
            reportScores(losses, play, "before");
          }
          if (variant === "equal") {
            if (logging) {
              const { real, fake } = parts(losses, parameters, { retainGraph: true });
              const measures = measure(losses, real, fake);
              report(play, measures, { ...adaptiveWeights(measures, options), real: 1, fake: 1 });
            }
            return gradientOfSum(losses, parameters, play, graph);
          }
          const retainGraph = wholes.length > 0 || (graph.retainGraph ?? graph.createGraph ?? false);
          const { real, fake, present } = parts(losses, parameters, { ...graph, retainGraph });
          const fixed =
            variant === "fixed" ? { real: play.at(fixedReal), fake: play.at(fixedFake) } : undefined;
          // Fixed ones need no measure, which would wait for the device.
          const measures = fixed === undefined || logging ? measure(losses, real, fake) : undefined;
          const adaptive = measures && adaptiveWeights(measures, options);
          const weights = fixed ?? (adaptive as Weights);
          if (logging && measures && adaptive) report(play, measures, { ...adaptive, ...weights });
          const combined = real.mul(weights.real).add(fake, { alpha: weights.fake });
          const gradients = separated(combined, parameters, present);
          if (wholes.length === 0) return gradients;
          const others = gradientOfSum({ splits: [], wholes }, parameters, play, graph);
          return gradients.map((gradient, i) => {
            const other = others[i];
            return gradient === undefined || other === undefined ? (gradient ?? other) : gradient.add(other);
          });
        });
      },
      // Not in plan(): a term after this one may bring the discriminator.
      attach: (game) => game.requireDiscriminator("adaptive-weights", discriminator),
      afterUpdate(player, play) {
        const losses = player === discriminator ? looked.get(play) : undefined;
        if (losses === undefined) return;
        // Looking must change nothing: batch statistics and singular vectors go back to where they were.
        const buffers = play.discriminator(discriminator).buffers();
        noGrad(() => {
          const before = buffers.map((buffer) => buffer.clone());
          reportScores(losses, play, "after");
          buffers.forEach((buffer, i) => {
            buffer.assign(before[i] as Tensor);
          });
        });
      },
    };
  },
});
