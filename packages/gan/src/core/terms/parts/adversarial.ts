import { sumOf, Tensor } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { type Scheduled, scheduled } from "../../base/schedule.js";
import { isSplit, type Split } from "../../game/gradient.js";
import type { Contest, Play } from "../../game/play.js";
import type { ComposedGame, Term } from "../../game/term.js";

/**
 * Raw scores of the reals and of the fakes of a contest, N each. Judged when a loss looks at them: one that needs no reals
 * in G's step costs no pass over reals there.
 */
export interface Scores {
  readonly real: Tensor;
  readonly fake: Tensor;
}

/** What D minimises, as a part of the reals' scores and a part of the fakes': rules may weigh them apart (adaptive weights). */
export type LossParts = Pick<Split, "real" | "fake">;

/** An adversarial loss, which sees both sides in D's step and in its opponents'; every function returns a single number. */
export interface AdversarialLoss {
  /** What D minimises: in parts where it is the sum of two, one for each side. */
  judge(scores: Scores): Tensor | LossParts;
  /** Whether judge() gives parts. */
  readonly separable: boolean;
  /** The score between reals and fakes; null where there is none. Default 0 where judge() gives parts, else none. */
  readonly boundary?: number | null | undefined;
  /** What whoever made the fakes minimises. */
  fool(scores: Scores): Tensor;
  /** What whoever made the reals minimises, where they are made (ALI's encoder). Default the same as `fool`. */
  foolReal?(scores: Scores): Tensor;
}

/** A loss that looks at each side alone, by functions of that side's N scores, each giving a single number. */
export interface SeparableLoss {
  /** The score between reals and fakes; null where there is none. Default 0. */
  readonly boundary?: number | null;
  /** What D minimises on real scores. */
  real(scores: Tensor): Tensor;
  /** What D minimises on fake scores. */
  fake(scores: Tensor): Tensor;
  /** What whoever made the fakes minimises on their scores. */
  fool(scores: Tensor): Tensor;
  /** What whoever made the reals minimises on their scores, where they are made (ALI's encoder). */
  foolReal(scores: Tensor): Tensor;
}

/** Says that a loss comes in parts. */
export const separable = (loss: SeparableLoss): AdversarialLoss => ({
  separable: true,
  boundary: loss.boundary,
  judge: ({ real, fake }) => ({ real: loss.real(real), fake: loss.fake(fake) }),
  fool: ({ fake }) => loss.fool(fake),
  foolReal: ({ real }) => loss.foolReal(real),
});

/** The options every adversarial term takes. Where none names who plays, it plays the contests of the composition. */
export const adversarialOptions = z.strictObject({
  discriminator: z
    .string()
    .nullable()
    .default(null)
    .describe("the discriminator that judges; null: as the other terms have it, else `discriminator`"),
  real: z
    .string()
    .nullable()
    .default(null)
    .describe("the stream it should call real; null: likewise, `real`"),
  fake: z
    .string()
    .nullable()
    .default(null)
    .describe("the stream it should call fake; null: likewise, `fake`"),
  fool: z
    .enum(["fake", "both"])
    .nullable()
    .default(null)
    .describe(
      "who plays against it: the makers of the fakes, or of both streams (ALI); null: likewise, `fake`",
    ),
  weight: scheduled(z.number().min(0)).default(1).describe("factor on what the other side minimises"),
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

/** The one contest that options name, if they name any. */
function named({ discriminator, real, fake, fool }: AdversarialOptions): Contest | undefined {
  if (discriminator === null && real === null && fake === null && fool === null) return undefined;
  return {
    discriminator: discriminator ?? "discriminator",
    real: real ?? "real",
    fake: fake ?? "fake",
    fool: fool ?? "fake",
  };
}

function check(contest: Contest, game: ComposedGame, loss: AdversarialLoss): void {
  const { discriminator } = contest;
  if (!game.has(discriminator)) {
    throw new UsageError(
      `an adversarial term names the discriminator '${discriminator}', and there is none; leave its 'discriminator' out, or add the term that brings it`,
    );
  }
  if (!loss.separable && game.choosesFakes(discriminator))
    throw new UsageError(
      `top-k leaves out some of a batch's fakes, and this loss compares each with reals (relativistic); leave top-k out, or take a loss that looks at fakes alone (non-saturating, hinge)`,
    );
  for (const stream of [contest.real, contest.fake]) {
    if (game.hasStream(stream)) continue;
    throw new UsageError(
      `an adversarial term names the stream '${stream}', and there is none; known: ${game.streamNames.join(", ")}`,
    );
  }
}

/** One contest under a loss: what each side minimises. */
function contend(contest: Contest, loss: AdversarialLoss, weight: Scheduled) {
  const { discriminator, real, fake, fool, opponents } = contest;
  const factor = (play: Play) => play.at(weight) * play.against(discriminator);
  const plays = (player: string, stream: string, play: Play) =>
    (opponents?.includes(player) ?? true) && play.game.stream(stream).dependsOn.includes(player);
  const judged = oncePerPlay((play): Tensor | Split => {
    const [ofReal, ofFake] = play.judgeBoth(discriminator, [real, fake]);
    play.report(`${discriminator}/${real}`, () => ofReal.logits.mean());
    play.report(`${discriminator}/${fake}`, () => ofFake.logits.mean());
    const minimised = loss.judge({ real: ofReal.logits, fake: ofFake.logits });
    return minimised instanceof Tensor
      ? minimised
      : { ...minimised, judged: [{ real: ofReal, fake: ofFake }] };
  });
  const scores = (play: Play): Scores => ({
    get real() {
      return play.judge(discriminator, real).logits;
    },
    get fake() {
      return play.game.chosenFakes(discriminator, play.judge(discriminator, fake).logits, play);
    },
  });
  const fooled = oncePerPlay((play) => loss.fool(scores(play)).mul(factor(play)));
  // One tensor where it is one loss: of a team of both makers it counts once.
  const fooledReal =
    loss.foolReal === undefined
      ? fooled
      : oncePerPlay((play) => loss.foolReal!(scores(play)).mul(factor(play)));
  return {
    discriminator,
    judged,
    opposed(player: string, play: Play): Tensor[] {
      if (factor(play) === 0) return [];
      const parts = new Set<Tensor>();
      if (plays(player, fake, play)) parts.add(fooled(play));
      if (fool === "both" && plays(player, real, play)) parts.add(fooledReal(play));
      return [...parts];
    },
  };
}

/** An adversarial term: a loss, in the contests that its options name or the composition has. */
export function adversarial(options: AdversarialOptions, loss: AdversarialLoss): Term {
  let sides: ReturnType<typeof contend>[] = [];
  const { boundary = loss.separable ? 0 : null } = loss;
  return {
    attach(game) {
      const own = named(options);
      const contests = own === undefined ? game.contests : [own];
      for (const contest of contests) check(contest, game, loss);
      sides = contests.map((contest) => contend(contest, loss, options.weight));
    },
    splits: (player) =>
      sides.some(({ discriminator }) => discriminator === player) ? loss.separable : undefined,
    boundary: (player) =>
      sides.some(({ discriminator }) => discriminator === player) ? boundary : undefined,
    loss(player, play) {
      const judging = sides.filter(({ discriminator }) => discriminator === player);
      if (judging.length > 0) {
        const all = judging.map(({ judged }) => judged(play));
        if (all.length === 1) return all[0];
        const splits = all.filter(isSplit);
        if (splits.length < all.length) return all.filter((each) => each instanceof Tensor);
        return {
          real: sumOf(splits.map((split) => split.real)),
          fake: sumOf(splits.map((split) => split.fake)),
          judged: splits.flatMap((split) => split.judged),
        };
      }
      const parts = sides.flatMap(({ opposed }) => opposed(player, play));
      return parts.length === 0 ? undefined : parts;
    },
  };
}
