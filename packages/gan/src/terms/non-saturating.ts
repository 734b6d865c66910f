import { adversarial, adversarialOptions } from "../game/adversarial.js";
import { defineTerm } from "../game/term.js";

/** D: -log D(x) - log(1 - D(G(z))); G: -log D(G(z)). softplus(-s) is -log sigmoid(s). */
export default defineTerm({
  name: "non-saturating",
  summary: "the usual game: G maximises log D(G(z))",
  source: "Goodfellow et al. 2014, section 3",
  kind: "adversarial",
  options: adversarialOptions,
  make: (options) =>
    adversarial(options, {
      real: (scores) => scores.neg().softplus().mean(),
      fake: (scores) => scores.softplus().mean(),
      fool: (scores) => scores.neg().softplus().mean(),
      foolReal: (scores) => scores.softplus().mean(),
    }),
});
