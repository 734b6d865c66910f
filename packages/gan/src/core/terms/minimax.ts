import { defineTerm } from "../game/term.js";
import { adversarial, separable } from "./parts/adversarial.js";
import { logistic, logisticOptions } from "./parts/logistic.js";

/** D: -log D(x) - log(1 - D(G(z))), D the sigmoid of the score; G: log(1 - D(G(z))). */
export default defineTerm({
  name: "minimax",
  summary: "the original game: G minimises what D maximises",
  source: "Goodfellow et al. 2014, equation 1",
  kind: "adversarial",
  separable: true,
  options: logisticOptions,
  make: (options) =>
    adversarial(
      options,
      separable({
        ...logistic(options),
        fool: (scores) => scores.softplus().mean().neg(),
        foolReal: (scores) => scores.neg().softplus().mean().neg(),
      }),
    ),
});
