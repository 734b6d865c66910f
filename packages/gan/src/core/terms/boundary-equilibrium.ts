import { distributed, nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { scheduled } from "../base/schedule.js";
import type { Contest, Play } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { adversarial } from "./parts/adversarial.js";
import { autoencodingOptions, planAutoencoders } from "./parts/autoencoding.js";

/**
 * D is an autoencoder, L the error of a reconstruction, and a controller holds the balance of the two sides:
 *
 *     D: L(x) - k L(G(z))        G: L(G(z))
 *     k <- clip(k + rate * (balance * L(x) - L(G(z))), 0, 1), from 0, after G's step
 *
 * L(x) is that of D's last step, L(G(z)) that of G's. Reports `k`, and the measure of convergence
 * M = L(x) + |balance * L(x) - L(G(z))|. k is in checkpoints.
 */
export default defineTerm({
  name: "boundary-equilibrium",
  summary: "D is an autoencoder, and a controller keeps its errors on fakes and reals in a ratio (BEGAN)",
  source: "Berthelot, Schumm, Metz 2017 (BEGAN), sections 3.3 and 3.4; carpedm20/BEGAN-tensorflow",
  kind: "adversarial",
  separable: true,
  options: autoencodingOptions("absolute", 64).extend({
    balance: scheduled(z.number().min(0).max(1))
      .default(0.5)
      .describe("gamma: the error on fakes, as a share of that on reals; more gives more kinds of images"),
    rate: z.number().min(0).default(0.001).describe("lambda_k: how fast k is moved"),
  }),
  make({ balance, rate, ...options }, instance = "boundary-equilibrium") {
    /** k and L(x) of D's last step, made when first asked for: on the losses' device. */
    let kept: { k: Tensor; real: Tensor } | undefined;
    let contest: Contest;
    const own = (like: Tensor) => {
      if (kept === undefined || String(kept.k.device) !== String(like.device)) {
        const before = kept;
        const { dtype, device } = like;
        kept = scope(() => ({
          k: nn.buffer(before?.k.to({ device }).clone() ?? torch.zeros([], { dtype, device })),
          real: nn.buffer(before?.real.to({ device }).clone() ?? torch.zeros([], { dtype, device })),
        }));
        for (const tensor of Object.values(before ?? {})) tensor.dispose();
      }
      return kept;
    };
    const adversary = adversarial(options, {
      separable: true,
      boundary: null,
      judge: ({ real, fake }) => ({ real: real.mean().neg(), fake: fake.mean().mul(own(fake).k) }),
      fool: ({ fake }) => fake.mean().neg(),
      foolReal: ({ real }) => real.mean(),
    });
    /** L of a stream in this step, as it was judged before the update. */
    const lossOf = (play: Play, stream: string) =>
      distributed.meanOfRanks(play.judge(contest.discriminator, stream).logits.mean().neg());
    const control = (play: Play) => {
      const made = lossOf(play, contest.fake);
      const { k, real } = own(made);
      const gap = real.mul(play.at(balance)).sub(made);
      k.copy_(k.add(gap.mul(rate)).clamp(0, 1));
      play.report(`${contest.discriminator}/k`, k.clone());
      play.report(`${contest.discriminator}/measure`, real.add(gap.abs()));
    };
    return {
      ...adversary,
      plan: (plan) => planAutoencoders(instance, plan, options),
      attach(game) {
        adversary.attach?.(game);
        const [first, second] = game.contests;
        if (options.discriminator === null && second !== undefined)
          throw new UsageError(
            `${instance}: its controller holds one balance, and here are ${game.contests.length} (vaegan, manifold-diffusion); leave one out`,
          );
        contest = {
          ...(first as Contest),
          ...(options.discriminator === null ? {} : { discriminator: options.discriminator }),
          ...(options.real === null ? {} : { real: options.real }),
          ...(options.fake === null ? {} : { fake: options.fake }),
        };
      },
      afterUpdate(player, play) {
        noGrad(() => {
          if (player === contest.discriminator) {
            const loss = lossOf(play, contest.real);
            own(loss).real.copy_(loss);
          } else if (player === play.game.stream(contest.fake).dependsOn[0]) control(play);
        });
      },
      state: {
        save: () => ({ tensors: new Map(Object.entries(kept ?? {})), numbers: {} }),
        load({ tensors }) {
          for (const [name, value] of tensors) own(value)[name as "k" | "real"].copy_(value);
        },
      },
      dispose() {
        for (const tensor of Object.values(kept ?? {})) tensor.dispose();
        kept = undefined;
      },
    };
  },
});
