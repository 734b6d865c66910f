import { defineFinding } from "../finding.js";
import { entriesOf } from "../history.js";
import { begun, lasting } from "../late.js";
import { modeRegularizer, packing, slowerDiscriminator, spectralNorm } from "../remedies.js";

/** Samples this much closer to each other than reals are, are one picture with small changes. */
const THRESHOLD = 0.25;
/** What still grows so much from one reading to the next, and the next, is a beginning. */
const GROWTH = 1.15;

export default defineFinding({
  name: "mode-collapse",
  summary: "samples are alike: G makes one picture, or a few",
  cause:
    "G has found one output that D takes for real and makes nothing else, since D judges each sample alone; often rates that are too high, " +
    "or a D that has won and teaches nothing any more.",
  find(history) {
    // How far apart samples are in all, or how far from the nearest other, whichever is less.
    const apart = entriesOf(begun(history), (signals) => {
      const [spread, nearest] = [signals["spread/pixels"], signals["nearest/pixels"]];
      return spread === undefined || nearest === undefined ? undefined : Math.min(spread, nearest);
    });
    const last = apart.slice(-3);
    if (last.length === 3 && last.every(({ value }, i) => i === 0 || value > GROWTH * last[i - 1]!.value))
      return undefined;
    return lasting(history, apart, {
      measured: "distance between samples, as a share of that between as many reals",
      threshold: THRESHOLD,
      trouble: "below",
    });
  },
  remedies: [spectralNorm, slowerDiscriminator, packing, modeRegularizer],
});
