import type { nn, Tensor } from "@gantry/torch";
import { z } from "zod";
import { isNever, isSame, type Scheduled, scheduled } from "../../base/schedule.js";
import type { Plan } from "../../game/plan.js";
import type { Contest, Look, Play } from "../../game/play.js";
import type { ComposedGame, Term } from "../../game/term.js";
import type { Discriminator } from "../../nets/contract.js";
import { oncePerPlay } from "./adversarial.js";
import { attachHead, type HeadRequest } from "./head.js";

/** The options of a task on a discriminator's features, with the paper's weights as defaults. */
export const featureTaskOptions = (alpha: number, beta: number) =>
  z.strictObject({
    alpha: scheduled(z.number().min(0)).default(alpha).describe("weight for G, on fakes"),
    beta: scheduled(z.number().min(0)).default(beta).describe("weight for D, on reals"),
    discriminator: z.string().default("discriminator").describe("whose features"),
    real: z
      .string()
      .nullable()
      .default(null)
      .describe("the stream D learns from; null: what it should call real in the composition"),
    fake: z
      .string()
      .nullable()
      .default(null)
      .describe("the stream whose makers learn from it; null: what D should call fake in the composition"),
  });

export type FeatureTaskOptions = z.output<ReturnType<typeof featureTaskOptions>>;

/** A task beside telling real from fake. */
export interface FeatureTask<Head extends nn.Module> extends HeadRequest {
  /** What D learns on. Default reals. */
  readonly learnsFrom?: "real" | "fake" | "both";
  /** As Term.coupled. */
  readonly coupled?: string;
  /** Refuses data that it cannot be posed on. */
  plan?(plan: Plan): void;
  /** Refuses games that it cannot be posed in. */
  check?(game: ComposedGame): void;
  head(network: Discriminator): Head;
  /**
   * A single number.
   * @param side of what
   */
  loss(head: Head, look: Look, network: Discriminator, play: Play, side: "real" | "fake"): Tensor;
}

/**
 * A task on features that D learns, on reals unless it says otherwise, with weight beta, and that the makers of the fakes
 * minimise on those, with weight alpha: InfoMax-GAN, equations 6 and 7; SSGAN, equations 3 and 4. The head is updated with
 * D only.
 */
export function featureTask<Head extends nn.Module>(
  { alpha, beta, discriminator, real, fake }: FeatureTaskOptions,
  task: FeatureTask<Head>,
): Term {
  // Without weights there is no head either: making it would move the random numbers of what follows.
  if (isNever(alpha) && isNever(beta)) return {};
  let streams = { real: real ?? "real", fake: fake ?? "fake" };
  const lossOn = (which: "real" | "fake", weight: Scheduled) =>
    oncePerPlay((play) => {
      const network = play.discriminator(discriminator);
      return task
        .loss(network.head<Head>(task.name), play.lookAt(discriminator, streams[which]), network, play, which)
        .mul(play.at(weight));
    });
  const onReal = lossOn("real", beta);
  const onFake = lossOn("fake", alpha);
  // One tensor where it is one loss: of a team in which D updates along with G it counts once.
  const alsoOnFake = isSame(alpha, beta) ? onFake : lossOn("fake", beta);
  const { learnsFrom = "real" } = task;
  const learned = (play: Play): Tensor | Tensor[] => {
    if (learnsFrom === "both") return [onReal(play), alsoOnFake(play)];
    return learnsFrom === "real" ? onReal(play) : alsoOnFake(play);
  };
  return {
    ...(task.coupled === undefined ? {} : { coupled: task.coupled }),
    plan: (plan) => task.plan?.(plan),
    attach(game) {
      game.requireJudgeOfData(task.name, discriminator);
      const contest = game.contestsOf(discriminator)[0] as Contest;
      streams = { real: real ?? contest.real, fake: fake ?? contest.fake };
      for (const stream of Object.values(streams)) game.requireStream(task.name, stream);
      task.check?.(game);
      attachHead(game, discriminator, task);
    },
    loss(player, play) {
      if (player === discriminator) return play.at(beta) > 0 ? learned(play) : undefined;
      return play.at(alpha) > 0 && play.game.stream(streams.fake).dependsOn.includes(player)
        ? onFake(play)
        : undefined;
    },
  };
}
