import { defineFinding } from "../finding.js";
import { streak } from "../history.js";
import { begun, LEAST } from "../late.js";

/** The energy distance from which anyone can tell samples from reals. */
const FAR = 0.25;
/** D's scores rank a real above a fake so often, or less. */
const THRESHOLD = 0.65;

export default defineFinding({
  name: "discriminator-blind",
  summary: "D cannot tell reals from fakes that are far from them",
  cause: "D does not learn: it is too small, its rate is far too low, or it is frozen.",
  find(history) {
    const held = streak(
      begun(history),
      ({ signals: { separation = 1, energy = 0 } }) => separation < THRESHOLD && energy > FAR,
      LEAST,
    );
    const [first] = held;
    return first === undefined
      ? undefined
      : {
          began: first.iteration,
          measured: "how often D's score of a real is above that of a fake, while fakes are far from reals",
          value: held.at(-1)!.signals.separation!,
          threshold: THRESHOLD,
          trouble: "below",
        };
  },
  remedies: [],
});
