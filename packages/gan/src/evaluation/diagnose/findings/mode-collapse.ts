import { defineFinding } from "../finding.js";
import { streak } from "../history.js";
import { begun, LEAST } from "../late.js";

/** Samples this much closer to each other than reals are, are one picture with small changes. */
const THRESHOLD = 0.25;
/** What still grows so much from reading to reading is a beginning. */
const GROWTH = 1.15;

/** The smaller of how far apart samples are in all, and how far from the nearest other. */
const apart = (signals: Readonly<Record<string, number>>): number =>
  Math.min(
    signals["spread/pixels"] ?? Number.POSITIVE_INFINITY,
    signals["nearest/pixels"] ?? Number.POSITIVE_INFINITY,
  );

export default defineFinding({
  name: "mode-collapse",
  summary: "samples are alike: G makes one picture, or a few",
  cause:
    "G has found one output that D takes for real and makes nothing else, since D judges each sample alone; often rates that are too high, " +
    "or a D that has won and teaches nothing any more.",
  find(history) {
    const held = streak(begun(history), ({ signals }) => apart(signals) < THRESHOLD, LEAST);
    const [first] = held;
    const isGrowing = held
      .slice(-LEAST)
      .every(({ signals }, i, last) => i === 0 || apart(signals) > GROWTH * apart(last[i - 1]!.signals));
    return first === undefined || isGrowing
      ? undefined
      : {
          began: first.iteration,
          measured: "distance between samples, as a share of that between as many reals",
          value: apart(held.at(-1)!.signals),
          threshold: THRESHOLD,
          trouble: "below",
        };
  },
  remedies: [],
});
