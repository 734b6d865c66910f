import { z } from "zod";
import { defineTerm } from "../game/term.js";
import { adversarial, separable } from "./parts/adversarial.js";
import { autoencodingOptions, planAutoencoders } from "./parts/autoencoding.js";

/**
 * D is an autoencoder, and an image's energy e the error of its reconstruction:
 *
 *     D: e(x) + relu(margin - e(G(z)))        G: e(G(z))
 *
 * The hinge is each image's own. The margin goes with the error: the paper's 10 (MNIST) and 20 (CelebA) are for the norm;
 * means of squares of images in [-1, 1] are at most 4, so that a margin of 10 would never be reached.
 */
export default defineTerm({
  name: "energy-based",
  summary: "D is an autoencoder that reconstructs reals well and fakes badly, up to a margin (EBGAN)",
  source: "Zhao, Mathieu, LeCun 2017 (EBGAN), equations 1 and 2, section 2.3",
  kind: "adversarial",
  separable: true,
  options: autoencodingOptions("norm", 128).extend({
    margin: z.number().positive().default(10).describe("m: fakes of more energy cost D nothing"),
  }),
  make({ margin, ...options }, instance = "energy-based") {
    // The score is minus the energy.
    const loss = separable({
      // An error of reconstruction is on no side of anything.
      boundary: null,
      real: (scores) => scores.neg().mean(),
      fake: (scores) => scores.add(margin).relu().mean(),
      fool: (scores) => scores.neg().mean(),
      foolReal: (scores) => scores.add(margin).relu().mean(),
    });
    return {
      ...adversarial(options, loss),
      plan: (plan) => planAutoencoders(instance, plan, options),
    };
  },
});
