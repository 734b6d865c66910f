import { defineFinding } from "../finding.js";
import { logged, median } from "../history.js";
import { lasting } from "../late.js";
import { lossOf } from "../lossScale.js";
import { slowerDiscriminator, spectralNorm } from "../remedies.js";

/** D's loss, as a share of what it is where D cannot tell: below, next to nothing is left of what G learns from. */
const THRESHOLD = 0.03;
/** Logged losses of which the median counts: single ones swing. */
const WINDOW = 3;

export default defineFinding({
  name: "discriminator-wins",
  summary: "D tells reals from fakes without fail, and G learns nothing from it",
  cause:
    "D is stronger than G can follow: its rate or its steps are too high beside G's, it is much larger, it has no normalisation or penalty that " +
    "keeps it flat, or the data are so few that it knows them by heart.",
  find(history) {
    const loss = lossOf(history.config);
    if (loss === undefined) return undefined;
    const all = logged(history, loss.name);
    const shares = all.map(({ iteration, value }) => ({ iteration, value: value / loss.indifferent }));
    const smooth = shares.slice(WINDOW - 1).map((_, i) => {
      const window = shares.slice(i, i + WINDOW);
      const first = window.find(({ value }) => value < THRESHOLD) ?? window[0]!;
      return { iteration: first.iteration, value: median(window.map(({ value }) => value)) };
    });
    return lasting(history, smooth, {
      measured: "D's loss, as a share of what it is where D cannot tell",
      threshold: THRESHOLD,
      trouble: "below",
    });
  },
  remedies: [spectralNorm, slowerDiscriminator],
});
