import { defineTerm } from "../game/term.js";
import { adversarial, adversarialOptions, separable } from "./parts/adversarial.js";

/** D: D(G(z)) - D(x); G: -D(G(z)). Needs weight-clipping or gradient-penalty beside it. */
export default defineTerm({
  name: "wasserstein",
  summary: "earth mover's distance: D is a critic, kept Lipschitz by another term",
  source: "Arjovsky, Chintala, Bottou 2017, equation 2",
  kind: "adversarial",
  separable: true,
  options: adversarialOptions,
  make: (options) =>
    adversarial(
      options,
      separable({
        boundary: null,
        real: (scores) => scores.mean().neg(),
        fake: (scores) => scores.mean(),
        fool: (scores) => scores.mean().neg(),
        foolReal: (scores) => scores.mean(),
      }),
    ),
});
