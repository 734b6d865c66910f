import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { planReconstruction } from "./parts/reconstruction.js";

/**
 * weight * d(x, G(E(x))), minimised by G and E; d is the mean over images and pixels of the squared ("l2") or absolute
 * ("l1") difference. Adds an encoder where there is none.
 */
export default defineTerm({
  name: "reconstruction",
  summary: "G must be able to make every real image from its encoding",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3.1",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(0.2).describe("lambda_1"),
    distance: z.enum(["l2", "l1"]).default("l2").describe("per-pixel distance"),
  }),
  make: ({ weight, distance }) => {
    const loss = oncePerPlay((play) => {
      const difference = play.stream("reconstruction").image.sub(play.stream("real").image);
      return (distance === "l2" ? difference.square() : difference.abs()).mean().mul(play.at(weight));
    });
    return {
      plan: planReconstruction,
      loss: (player, play) =>
        play.at(weight) > 0 && (player === "generator" || player === "encoder") ? loss(play) : undefined,
    };
  },
});
