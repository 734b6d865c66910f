import { defineTerm } from "../game/term.js";
import { adversarial, adversarialOptions, separable } from "./parts/adversarial.js";

/** D: relu(1 - D(x)) + relu(1 + D(G(z))), the form that is minimised; G: -D(G(z)). */
export default defineTerm({
  name: "hinge",
  summary: "hinge loss: D stops caring beyond a margin of 1",
  source: "Lim, Ye 2017; Miyato et al. 2018, equations 16 and 17",
  kind: "adversarial",
  separable: true,
  options: adversarialOptions,
  make: (options) =>
    adversarial(
      options,
      separable({
        real: (scores) => scores.neg().add(1).relu().mean(),
        fake: (scores) => scores.add(1).relu().mean(),
        fool: (scores) => scores.mean().neg(),
        foolReal: (scores) => scores.mean(),
      }),
    ),
});
