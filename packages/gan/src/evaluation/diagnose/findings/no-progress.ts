import { defineFinding } from "../finding.js";
import { streak } from "../history.js";
import { LEAST, settled } from "../late.js";

/** The energy distance to reals, as a share of the distance between reals, of samples that nobody takes for any. */
const THRESHOLD = 0.3;

export default defineFinding({
  name: "no-progress",
  summary: "samples are nothing like the data, and half of the training is over",
  cause:
    "G cannot or does not learn: a G that is too small, rates that are far too low or far too high, a D that has won, no normalisation where the " +
    "network needs one, or data of another scale than [-1, 1].",
  find(history) {
    const held = streak(settled(history), ({ signals }) => (signals.energy ?? 0) > THRESHOLD, LEAST);
    const [first] = held;
    return first === undefined
      ? undefined
      : {
          began: first.iteration,
          measured: "energy distance of samples from reals, as a share of the distance between reals",
          value: held.at(-1)!.signals.energy!,
          threshold: THRESHOLD,
          trouble: "above",
        };
  },
  remedies: [],
});
