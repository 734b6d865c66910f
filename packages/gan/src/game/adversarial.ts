import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import type { Play } from "./play.js";
import type { Split, Term } from "./term.js";

/** The two sides of an adversarial loss, on N raw scores each; every function returns a single number. */
export interface AdversarialLoss {
  /** What D minimises on real scores. */
  real(scores: Tensor): Tensor;
  /** What D minimises on fake scores. */
  fake(scores: Tensor): Tensor;
  /** What whoever made the fakes minimises on their scores. */
  fool(scores: Tensor): Tensor;
  /** What whoever made the reals minimises on their scores, where they are made (ALI's encoder). */
  foolReal(scores: Tensor): Tensor;
}

/** The options every adversarial term takes. */
export const adversarialOptions = z.strictObject({
  discriminator: z.string().default("discriminator").describe("the discriminator that judges"),
  real: z.string().default("real").describe("the stream it should call real"),
  fake: z.string().default("fake").describe("the stream it should call fake"),
  fool: z
    .enum(["fake", "both"])
    .default("fake")
    .describe("who plays against it: the makers of the fakes, or of both streams (ALI)"),
  weight: z.number().min(0).default(1).describe("factor on what the other side minimises"),
});

export type AdversarialOptions = z.output<typeof adversarialOptions>;

/** Computes a value once for each play, so that a team shares one tensor (and one backward pass). */
export function oncePerPlay<T>(compute: (play: Play) => T): (play: Play) => T {
  const known = new WeakMap<Play, T>();
  return (play) => {
    let value = known.get(play);
    if (value === undefined) {
      value = compute(play);
      known.set(play, value);
    }
    return value;
  };
}

/** An adversarial term between any two streams. */
export function adversarial(options: AdversarialOptions, loss: AdversarialLoss): Term {
  const { discriminator, real, fake, weight } = options;
  const judged = oncePerPlay((play): Split => {
    const realScores = play.judge(discriminator, real).logits;
    const fakeScores = play.judge(discriminator, fake).logits;
    play.report(`${discriminator}/real`, realScores.mean());
    play.report(`${discriminator}/fake`, fakeScores.mean());
    return { real: loss.real(realScores), fake: loss.fake(fakeScores) };
  });
  const fooled = oncePerPlay((play) => loss.fool(play.judge(discriminator, fake).logits).mul(weight));
  const fooledReal = oncePerPlay((play) => loss.foolReal(play.judge(discriminator, real).logits).mul(weight));
  return {
    loss(player, play) {
      if (player === discriminator) return judged(play);
      if (weight === 0) return undefined;
      const parts: Tensor[] = [];
      if (play.game.stream(fake).dependsOn.includes(player)) parts.push(fooled(play));
      if (options.fool === "both" && play.game.stream(real).dependsOn.includes(player))
        parts.push(fooledReal(play));
      return parts.length === 0 ? undefined : parts.reduce((sum, part) => sum.add(part));
    },
  };
}
