import { distributed, keep, sumOf, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { isNever, scheduled } from "../base/schedule.js";
import type { Contest, Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";

/** Of a contest: the moving averages of D's scores of reals and of fakes, 2 numbers. */
type Averages = Tensor;

/**
 * weight * [mean relu(D(x) - a_F)^2 + mean relu(a_R - D(G(z)))^2], added to what D minimises; a_R and a_F are moving averages of D(x)
 * and D(G(z)), this step's included, and constants to the gradient: reals are to score no more than fakes did, fakes no less
 * than reals. It bounds what D minimises by the LeCam divergence.
 *
 * Until iteration `start` it weighs nothing, and the averages are the last step's means. The authors' code for StyleGAN2 has weight 1e-6
 * on CIFAR-10 and 3e-7 on FFHQ, decay 0.99, start 0.
 */
export default defineTerm({
  name: "lecam",
  summary: "holds D's scores to what the other side's were: steadier with few images (LeCam)",
  source: "Tseng et al. 2021 (LeCam), equation 6; google/lecam-gan, biggan_cifar/losses.py",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(0.3).describe("lambda"),
    decay: z.number().min(0).lt(1).default(0.9).describe("of the averages, each step of D"),
    start: z.int().min(0).default(1000).describe("the iteration after which it weighs"),
    discriminator: z.string().default("discriminator").describe("the discriminator it holds"),
  }),
  make({ weight, decay, start, discriminator }, instance = "lecam") {
    let contests: readonly Contest[] = [];
    /** One a contest; none before D's first step. */
    let averages: Averages[] = [];

    const means = (play: Play, { real, fake }: Contest) =>
      distributed.meanOfRanks(
        torch.stack(play.judgeBoth(discriminator, [real, fake]).map(({ logits }) => logits.detach().mean())),
      );
    /** What the averages are after this step. */
    const next = oncePerPlay((play) =>
      contests.map((contest, i) => {
        const now = means(play, contest);
        const before = averages[i];
        if (before === undefined || play.iteration + 1 < start) return now;
        return before
          .to({ dtype: now.dtype, device: now.device })
          .mul(decay)
          .add(now.mul(1 - decay));
      }),
    );
    const forget = () => {
      for (const each of averages) each.dispose();
      averages = [];
    };
    return {
      coupled: "the means of scores that lecam holds D to",
      attach(game) {
        game.requireDiscriminator("lecam", discriminator);
        contests = game.contestsOf(discriminator);
      },
      loss(player, play) {
        const now = play.at(weight);
        if (player !== discriminator || now === 0) return undefined;
        const means = next(play);
        if (play.iteration < start) return undefined;
        return sumOf(
          contests.map(({ real, fake }, i) => {
            const [ofReal, ofFake] = play.judgeBoth(discriminator, [real, fake]);
            const [reals, fakes] = (means[i] as Tensor).unbind(0) as [Tensor, Tensor];
            play.report(`${instance}/gap`, () => reals.sub(fakes));
            const above = ofReal.logits.sub(fakes).relu().square().mean();
            return above.add(reals.sub(ofFake.logits).relu().square().mean());
          }),
        ).mul(now);
      },
      afterUpdate(player, play) {
        if (player !== discriminator || isNever(weight)) return;
        const now = next(play).map((each) => keep(each.to({ dtype: "float64" }).clone()));
        forget();
        averages = now;
      },
      state: {
        save: () => ({
          tensors: new Map(averages.map((each, i): [string, Tensor] => [String(i), each])),
          numbers: {},
        }),
        load({ tensors }) {
          forget();
          averages = [...tensors]
            .sort(([a], [b]) => Number(a) - Number(b))
            .map(([, each]) => keep(each.clone()));
        },
      },
      dispose: forget,
    };
  },
});
