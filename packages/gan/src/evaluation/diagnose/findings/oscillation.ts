import { defineFinding } from "../finding.js";
import { entriesOf, median } from "../history.js";
import { begun } from "../late.js";

/** How far a latent's sample goes between two readings, as a share of the distance between reals. */
const THRESHOLD = 0.75;
/** Readings of which the median counts: a long way once is no circle. */
const WINDOW = 5;

export default defineFinding({
  name: "oscillation",
  summary: "G's samples change kind all the time, and come to nothing",
  cause:
    "The players chase each other in circles: rates too high, momentum too large (Adam's first beta at 0.9), or a D that forgets what G made before.",
  find(history) {
    const all = entriesOf(begun(history), ({ moved }) => moved);
    const last = all.slice(-WINDOW);
    const value = last.length < WINDOW ? 0 : median(last.map((entry) => entry.value));
    return value <= THRESHOLD
      ? undefined
      : {
          began: last[0]!.iteration,
          measured:
            "how far a latent's sample moves between two readings, as a share of the distance between reals",
          value,
          threshold: THRESHOLD,
          trouble: "above",
          curve: all,
        };
  },
  remedies: [],
});
