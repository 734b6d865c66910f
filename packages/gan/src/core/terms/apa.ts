import { type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import type { Contest, Stream } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import type { Sample } from "../nets/sample.js";
import { judgesOfData } from "./parts/augment/augmentation.js";
import { control, controlOptions } from "./parts/augment/control.js";
import { type Draws, drawsOf } from "./parts/augment/draws.js";

/** Reals of which some are replaced by fakes, each with the probability, labels and all. */
export function deceivedBy(fakes: Sample, reals: Sample, probability: number, draws: Draws): Sample {
  const count = reals.image.size(0);
  const chosen = draws.uniform([count, 1, 1, 1]).lt(probability);
  const mixed = (fake: Tensor, real: Tensor) =>
    torch.where(chosen.reshape([count, ...real.shape.slice(1).map(() => 1)]), fake.detach(), real);
  const image = mixed(fakes.image, reals.image);
  if (reals.label === undefined || fakes.label === undefined) return { ...reals, image };
  return { ...reals, image, label: mixed(fakes.label, reals.label) };
}

/**
 * In D's steps each real is, with probability p, replaced by a fake that D is told is real: the better D knows the reals, the more it is
 * deceived. The fakes are those of the step, without a gradient to G, with their own labels. What looks at the reals that D judges
 * (R1, InfoMax, rotation) finds the deceived batch; G's steps see reals as they are.
 *
 * The authors' code takes the fakes of G's last step, and keeps the reals' labels.
 */
export default defineTerm({
  name: "apa",
  summary: "passes fakes off as reals to D, as often as it overfits (APA): for few images, no pixel changed",
  source: "Jiang et al. 2021 (Deceive D), section 3.2; EndlessSora/DeceiveD",
  kind: "view",
  options: controlOptions({ probability: 0, target: 0.6 }).extend({
    discriminator: z.string().nullable().default(null).describe("which one is deceived; null: every one"),
  }),
  make({ discriminator, ...options }, instance = "apa") {
    let judges: readonly string[] = [];
    const { at, never, hooks } = control(options, { term: "apa", instance, watched: () => judges });
    if (never) return {};
    const deceived = (
      { discriminator: judge, real, fake }: Contest,
      dependsOn: readonly string[],
    ): Stream => ({
      dependsOn,
      sample(play) {
        const reals = play.stream(real);
        const probability = at(play);
        if (probability === 0 || !play.isUpdating([judge])) return reals;
        return deceivedBy(play.stream(fake), reals, probability, drawsOf(play.random, reals.image));
      },
    });
    return {
      ...hooks,
      plan(plan) {
        plan.whenPlanned(() => {
          const found = judgesOfData(plan, discriminator);
          const changed = plan.contests.map((contest) => {
            if (contest.real !== "real" || !found.includes(contest.discriminator)) return contest;
            const name = `deceived ${contest.discriminator} ${contest.fake}`;
            const makers = plan.streams.get(contest.fake)?.dependsOn ?? ["generator"];
            plan.streams.set(name, deceived(contest, makers));
            return { ...contest, real: name };
          });
          judges = found.filter((name) =>
            changed.some((contest, i) => contest.discriminator === name && contest !== plan.contests[i]),
          );
          if (judges.length === 0)
            plan.refuse(
              `apa passes fakes off as reals, and ${discriminator === null ? "no discriminator here judges" : `no discriminator '${discriminator}' judges`} single reals against fakes (ali and veegan have it judge pairs, aae latents); leave apa out`,
            );
          plan.changeContests(changed);
        });
      },
    };
  },
});
