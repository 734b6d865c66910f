import { defineFinding } from "../finding.js";
import { entriesOf } from "../history.js";
import { begun, lasting } from "../late.js";

export default defineFinding({
  name: "past-best",
  summary: "samples are farther from the data than they were",
  cause:
    "The training has gone on beyond its best: D knows the data by heart, or G has begun to lose modes. Rates that fall, an average of G's weights, " +
    "or an earlier checkpoint.",
  find(history) {
    const all = entriesOf(begun(history), ({ energy }) => energy);
    const best = all.reduce((least, entry) => (entry.value < least.value ? entry : least), all[0]!);
    if (best === undefined) return undefined;
    const after = all
      .filter(({ iteration }) => iteration > best.iteration)
      .map(({ iteration, value }) => ({ iteration, value: value - best.value }));
    return lasting(history, after, {
      measured: `energy distance from reals, above its least, ${best.value.toFixed(3)} at iteration ${best.iteration}`,
      threshold: 0.1,
      trouble: "above",
    });
  },
  remedies: [],
});
