import { defineTerm } from "../game/term.js";
import { adversarial, adversarialOptions, separable } from "./parts/adversarial.js";
import { logistic } from "./parts/logistic.js";

/**
 * D: -log D(x) - log(1 - D(G(z))), as in the usual game; G: -score. The score of the best D is the logarithm of the
 * ratio of real to generated density, so that G minimises an estimate of KL(generated || real).
 */
export default defineTerm({
  name: "log-ratio",
  summary: "D by cross-entropy; G minimises the log density ratio that D estimates (VEEGAN)",
  source: "Srivastava et al. 2017 (VEEGAN), algorithm 1",
  kind: "adversarial",
  separable: true,
  options: adversarialOptions,
  make: (options) =>
    adversarial(
      options,
      separable({
        ...logistic(),
        fool: (scores) => scores.mean().neg(),
        foolReal: (scores) => scores.mean(),
      }),
    ),
});
