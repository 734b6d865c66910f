import { defineFinding } from "../finding.js";
import { streak } from "../history.js";
import { LEAST, settled } from "../late.js";

const THRESHOLD = 0.75;

export default defineFinding({
  name: "missing-modes",
  summary: "points: modes of the data that no sample comes near",
  cause:
    "G has given up parts of the data: D cannot hold that against it, as it judges each sample alone and forgets what it does not see.",
  find(history) {
    const held = streak(settled(history), ({ signals }) => (signals.modes ?? 1) < THRESHOLD, LEAST);
    const [first] = held;
    return first === undefined
      ? undefined
      : {
          began: first.iteration,
          measured: "share of the modes that samples come near",
          value: held.at(-1)!.signals.modes!,
          threshold: THRESHOLD,
          trouble: "below",
        };
  },
  remedies: [],
});
