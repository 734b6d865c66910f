import { z } from "zod";
import { scheduled } from "../base/schedule.js";
import { defineTerm } from "../game/term.js";
import { oncePerPlay } from "./parts/adversarial.js";
import { planPairs } from "./parts/pairs.js";

/**
 * A reconstructor F (the encoder) learns to undo G: weight * mean ||z - F(G(z))||^2 (summed over the latent), minimised by
 * F, and by G along with the adversarial loss; D judges pairs, (x, F(x)) against (G(z), z), and F does not play against it.
 * With `log-ratio` that is the paper's algorithm 1, whose D says 1 for generated where ours says it for real: D by
 * cross-entropy, G: mean D(z, G(z)) there, the same with the opposite sign here. The authors' Julia notebook pairs other
 * images in the reconstruction; this does not.
 */
export default defineTerm({
  name: "veegan",
  summary: "a reconstructor network undoes G, and D judges pairs of image and latent (VEEGAN)",
  source: "Srivastava et al. 2017 (VEEGAN), algorithm 1; akashgit/VEEGAN, algo.png",
  kind: "regularizer",
  options: z.strictObject({
    weight: scheduled(z.number().min(0)).default(1).describe("of the latent's reconstruction"),
    stochastic: z.boolean().default(false).describe("F draws its latent"),
  }),
  make: ({ weight, stochastic }, instance = "veegan") => {
    const loss = oncePerPlay((play) => {
      const { latent } = play.stream("fake");
      const error = play.encode("fake").latent.sub(latent!).square().sum([1]).mean();
      play.report(`${instance}/error`, error);
      return error.mul(play.at(weight));
    });
    return {
      plan: (plan) => planPairs(plan, { term: "veegan", stochastic, fool: "fake" }),
      loss: (player, play) =>
        play.at(weight) > 0 && (player === "generator" || player === "encoder") ? loss(play) : undefined,
    };
  },
});
