import { distributed, keep, noGrad, type Tensor } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../../../base/errors.js";
import { isNever, type Scheduled, scheduled } from "../../../base/schedule.js";
import type { Play } from "../../../game/play.js";
import type { ComposedGame, Term } from "../../../game/term.js";

/** The mean sign of D's scores of reals that is right; `off`: nothing moves p. */
export type Target = number | "off";

/** The options of whatever happens to an image with a probability. */
export const controlOptions = (defaults: { probability: number; target: Target }) =>
  z.strictObject({
    probability: scheduled(z.number().min(0).max(1))
      .default(defaults.probability)
      .describe("p, for each image; where it begins, if a target moves it"),
    target: z
      .union([z.number().gt(-1).lt(1), z.literal("off")])
      .default(defaults.target)
      .describe(
        "p rises while the mean sign of D's scores of reals lies above, which is overfitting, and falls below; off: p as given",
      ),
    kimg: z.number().gt(0).default(500).describe("thousands of reals that D sees while p goes from 0 to 1"),
    every: z.int().min(1).default(4).describe("steps of D from one move of p to the next"),
  });

export type ControlOptions = z.output<ReturnType<typeof controlOptions>>;

/** A probability, and what a term does so that it follows D. */
export interface Control {
  /** p now; reports it. */
  at(play: Play): number;
  /** Whether it is 0 for good. */
  readonly never: boolean;
  readonly hooks: Pick<Term, "check" | "afterUpdate" | "state" | "dispose">;
}

/**
 * A probability as given, or moved by how much D overfits: after every few of D's steps, with r the mean sign of its scores of reals
 * in them, p += sign(r - target) * (reals seen in them) / (1000 kimg), within [0, 1]. Where a loss has D's scores meet elsewhere
 * than at 0 (least squares), the sign is of the distance from there.
 *
 * Source: Karras et al. 2020 (ADA), section 3.1; NVlabs/stylegan2-ada-pytorch, training_loop.py, which keeps p from falling below 0, not
 * from rising above 1.
 * @param watched the discriminators whose scores count
 */
export function control(
  options: ControlOptions,
  { term, instance, watched }: { term: string; instance: string; watched: () => readonly string[] },
): Control {
  const { probability, target } = options;
  return target === "off"
    ? { at: given(probability, instance), never: isNever(probability), hooks: {} }
    : following({ ...options, target }, term, instance, watched);
}

const given = (probability: Scheduled, instance: string) => (play: Play) => {
  const now = play.at(probability);
  play.report(`${instance}/p`, now);
  return now;
};

function following(
  { probability, target, kimg, every }: ControlOptions & { target: number },
  term: string,
  instance: string,
  watched: () => readonly string[],
): Control {
  if (typeof probability !== "number")
    throw new UsageError(
      `${term}: a target moves the probability, and a schedule would move it too; give terms.${instance}.target=off with a schedule, or one number to begin with`,
    );
  let game: ComposedGame;
  /** Where p is, and of the steps since it moved: how many, their reals, and their scores. `sign` is the mean before. */
  const now = { p: probability, steps: 0, images: 0, scores: 0, sign: 0 };
  /** The signs of those scores, added up: where they were computed, so that nothing waits for the device until p moves. */
  let signs: Tensor | undefined;
  /** Of signs that a checkpoint brought: on no device yet. */
  let brought = 0;

  function forget(): void {
    signs?.dispose();
    signs = undefined;
  }

  function look(player: string, play: Play): void {
    const boundary = game.boundaryOf(player) as number;
    for (const stream of new Set(game.contestsOf(player).map(({ real }) => real))) {
      const { logits } = play.judge(player, stream);
      const right = logits.detach().sub(boundary).sign().to({ dtype: "float64" }).sum();
      const sum = distributed.meanOfRanks(right).mul(distributed.size());
      if (signs === undefined) signs = keep(sum.add(brought));
      else signs.add_(sum);
      now.scores += logits.numel * distributed.size();
      now.images += play.stream(stream).image.size(0) * distributed.size();
    }
    now.steps++;
  }

  function move(): void {
    now.sign = (signs as Tensor).item() / now.scores;
    const step = Math.sign(now.sign - target) * (now.images / (kimg * 1000));
    Object.assign(now, { p: Math.min(1, Math.max(0, now.p + step)), steps: 0, images: 0, scores: 0 });
    signs?.zero_();
  }

  return {
    never: false,
    at(play) {
      play.report(`${instance}/p`, now.p);
      return now.p;
    },
    hooks: {
      check(composed) {
        game = composed;
        for (const name of watched())
          if (game.boundaryOf(name) === undefined)
            throw new UsageError(
              `${term}: its target goes by how many reals D calls real, and the loss of the ${name} only compares scores, so that none of them says real; set terms.${instance}.target=off and give a probability, as terms.${instance}.probability=0..0.5@training, or take another loss (non-saturating, hinge)`,
            );
      },
      afterUpdate(player, play) {
        if (!watched().includes(player)) return;
        noGrad(() => look(player, play));
        if (now.steps >= every) move();
        play.report(`${instance}/sign`, now.sign);
      },
      state: {
        save: () => ({ tensors: new Map(), numbers: { ...now, signs: signs?.item() ?? brought } }),
        load({ numbers: { signs: sum = 0, ...rest } }) {
          Object.assign(now, rest);
          forget();
          brought = sum;
        },
      },
      dispose: forget,
    },
  };
}
