import { defineFinding } from "../finding.js";
import { streak } from "../history.js";
import { LEAST } from "../late.js";

/** Share of samples that are copies, above what reals themselves would be taken for. */
const THRESHOLD = 0.25;

const above = ({ copies = 0, "copies/reals": reals = 0 }: Readonly<Record<string, number>>) => copies - reals;

export default defineFinding({
  name: "memorising",
  summary: "samples are copies of training images",
  cause: "Few images: D knows them by heart, and whatever is no copy it calls fake.",
  find(history) {
    const held = streak(history.readings, ({ signals }) => above(signals) > THRESHOLD, LEAST);
    const [first] = held;
    return first === undefined
      ? undefined
      : {
          began: first.iteration,
          measured:
            "share of samples much nearer to one training image than to any other, above that of training images among themselves",
          value: above(held.at(-1)!.signals),
          threshold: THRESHOLD,
          trouble: "above",
        };
  },
  remedies: [],
});
