import { adversarial, adversarialOptions } from "../game/adversarial.js";
import { defineTerm } from "../game/term.js";

/** D: -log D(x) - log(1 - D(G(z))), D the sigmoid of the score; G: log(1 - D(G(z))). softplus(-s) is -log sigmoid(s). */
export default defineTerm({
  name: "minimax",
  summary: "the original game: G minimises what D maximises",
  source: "Goodfellow et al. 2014, equation 1",
  kind: "adversarial",
  options: adversarialOptions,
  make: (options) =>
    adversarial(options, {
      real: (scores) => scores.neg().softplus().mean(),
      fake: (scores) => scores.softplus().mean(),
      fool: (scores) => scores.softplus().mean().neg(),
      foolReal: (scores) => scores.neg().softplus().mean().neg(),
    }),
});
