import { defineFinding } from "../finding.js";
import { entriesOf } from "../history.js";
import { lasting, settled } from "../late.js";

export default defineFinding({
  name: "no-progress",
  summary: "samples are nothing like the data, and half of the training is over",
  cause:
    "G cannot or does not learn: a G that is too small, rates that are far too low or far too high, a D that has won, no normalisation where the " +
    "network needs one, or data of another scale than [-1, 1].",
  find: (history) =>
    lasting(
      history,
      entriesOf(settled(history), ({ energy }) => energy),
      {
        measured: "energy distance of samples from reals, as a share of the distance between reals",
        threshold: 0.3,
        trouble: "above",
      },
    ),
  remedies: [],
});
