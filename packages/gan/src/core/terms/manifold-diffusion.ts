import { z } from "zod";
import { affine, isNever, scheduled } from "../base/schedule.js";
import type { Phase } from "../game/play.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { distance as distanceOf, reductionSetting } from "./parts/distance.js";
import { planReconstruction } from "./parts/reconstruction.js";

const MANIFOLD = "manifold";

/**
 * Two games in turn, under whatever adversarial loss the composition has, written here with log D:
 *
 * manifold: D1 (`discriminator`) tells x from G(E(x)); G and E minimise -weight * log D1(G(E(x))) + distance * ||x - G(E(x))||^2
 * diffusion: D2 (`diffusion`) tells G(E(x)), as real, from G(z); G minimises -log D2(G(z))
 *
 * The square is a sum over pixels and a mean over images; with `reduction` mean, a mean over both. The paper states neither lambda (`weight`) nor how E updates: here E
 * updates with G in the manifold phase. Its text minimises log D1(G(E(x))) + lambda * d (section 3.3), the reward with the
 * wrong sign, as the variant "printed" does; line 6 of the algorithm hands z itself to D2, where G(z) is meant.
 */
export default defineTerm({
  name: "manifold-diffusion",
  summary: "two discriminators: match the manifold by reconstructions, then spread mass on it (MDGAN)",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3.3 and appendix A",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(1).describe("lambda: of D1's word on reconstructions"),
    distance: scheduled(z.number().min(0)).default(1).describe("of the squared distance to the real image"),
    reduction: reductionSetting,
    variant: z
      .enum(["intended", "printed"])
      .default("intended")
      .describe("printed: the reward with the opposite sign, as in section 3.3"),
  }),
  before: { 2: { reduction: "mean" } },
  make: ({ weight, distance, reduction, variant }) => {
    const manifold = "discriminator";
    const diffusion = "diffusion";
    const loss = oncePerPlay((play) =>
      distanceOf(play.stream("reconstruction").image, play.stream("real").image, "l2", reduction).mul(
        play.at(distance),
      ),
    );
    return {
      plan(plan) {
        plan.addEncoder();
        planReconstruction(plan);
        plan.addDiscriminator(diffusion);
        plan.setContests("manifold-diffusion", [
          { discriminator: manifold, real: "real", fake: "reconstruction", fool: "fake" },
          { discriminator: diffusion, real: "reconstruction", fake: "fake", fool: "fake" },
        ]);
        const judging = plan.turn("discriminator");
        const making = plan.turn("generator");
        const reward = variant === "printed" ? affine(weight, -1) : weight;
        const judge = (name: string): Phase => ({ ...judging, name, update: [name], real: "fresh" });
        plan.phases = [
          judge(manifold),
          {
            ...making,
            name: MANIFOLD,
            update: [["generator", "encoder"]],
            real: "same",
            against: { [manifold]: reward },
          },
          judge(diffusion),
          {
            ...making,
            name: "diffuse",
            update: ["generator"],
            real: "same",
            against: { [diffusion]: 1 },
          },
        ];
      },
      loss(player, play) {
        if (isNever(distance) || play.options.phase?.name !== MANIFOLD) return undefined;
        return player === "generator" || player === "encoder" ? loss(play) : undefined;
      },
    };
  },
});
