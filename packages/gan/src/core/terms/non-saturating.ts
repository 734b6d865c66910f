import { defineTerm } from "../game/term.js";
import { adversarial, separable } from "./parts/adversarial.js";
import { logistic, logisticOptions } from "./parts/logistic.js";

/** D: -log D(x) - log(1 - D(G(z))), D the sigmoid of the score; G: -log D(G(z)). */
export default defineTerm({
  name: "non-saturating",
  summary: "the usual game: G maximises log D(G(z))",
  source: "Goodfellow et al. 2014, section 3",
  kind: "adversarial",
  separable: true,
  options: logisticOptions,
  make: (options) =>
    adversarial(
      options,
      separable({
        ...logistic(options),
        fool: (scores) => scores.neg().softplus().mean(),
        foolReal: (scores) => scores.softplus().mean(),
      }),
    ),
});
