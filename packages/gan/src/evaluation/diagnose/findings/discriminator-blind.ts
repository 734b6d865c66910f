import { defineFinding } from "../finding.js";
import { entriesOf } from "../history.js";
import { begun, lasting } from "../late.js";

/** The energy distance from which anyone can tell samples from reals. */
const FAR = 0.25;

export default defineFinding({
  name: "discriminator-blind",
  summary: "D cannot tell reals from fakes that are far from them",
  cause: "D does not learn: it is too small, its rate is far too low, or it is frozen.",
  find: (history) =>
    lasting(
      history,
      entriesOf(begun(history), ({ separation, energy = 0 }) => (energy > FAR ? separation : Number.NaN)),
      {
        measured: "how often D's score of a real is above that of a fake, while fakes are far from reals",
        threshold: 0.65,
        trouble: "below",
      },
    ),
  remedies: [],
});
