import { defineFinding } from "../finding.js";
import { type History, streak } from "../history.js";
import { begun, LEAST } from "../late.js";

/** How much farther from the data than at the best reading, in units of the distance between reals. */
const THRESHOLD = 0.1;

const bestOf = (history: History) =>
  begun(history).reduce<{ iteration: number; energy: number } | undefined>((best, { iteration, signals }) => {
    const { energy } = signals;
    return energy !== undefined && (best === undefined || energy < best.energy)
      ? { iteration, energy }
      : best;
  }, undefined);

export default defineFinding({
  name: "past-best",
  summary: "samples are farther from the data than they were",
  cause:
    "The training has gone on beyond its best: D knows the data by heart, or G has begun to lose modes. Rates that fall, an average of G's weights, " +
    "or an earlier checkpoint.",
  find(history) {
    const best = bestOf(history);
    if (best === undefined) return undefined;
    const held = streak(
      begun(history).filter(({ iteration }) => iteration > best.iteration),
      ({ signals }) => (signals.energy ?? 0) > best.energy + THRESHOLD,
      LEAST,
    );
    const [first] = held;
    return first === undefined
      ? undefined
      : {
          began: first.iteration,
          measured: `energy distance from reals, above its least, ${best.energy.toFixed(3)} at iteration ${best.iteration}`,
          value: held.at(-1)!.signals.energy! - best.energy,
          threshold: THRESHOLD,
          trouble: "above",
        };
  },
  remedies: [],
});
