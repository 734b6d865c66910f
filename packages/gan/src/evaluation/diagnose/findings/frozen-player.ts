import { defineFinding } from "../finding.js";
import { series, streak } from "../history.js";
import { LEAST } from "../late.js";

/** How much of itself a player's weights change between two readings that learn next to nothing. */
const THRESHOLD = 1e-6;

export default defineFinding({
  name: "frozen-player",
  summary: "a player's weights stand still",
  cause: "Its learning rate is 0 or next to it, or nothing that it minimises depends on it.",
  find(history) {
    for (const player of ["discriminator", "generator"]) {
      const all = series(history, `weights/${player}`);
      const changes = all.slice(1).map(({ iteration, value }, i) => ({
        iteration,
        value: Math.abs(value - all[i]!.value) / all[i]!.value,
      }));
      // Rates that fall to nothing at the end are meant to.
      const early = changes.filter(({ iteration }) => iteration <= 0.9 * history.config.steps);
      if (early.at(-1)?.iteration !== changes.at(-1)?.iteration && early.length < LEAST) continue;
      const held = streak(early, ({ value }) => value < THRESHOLD, LEAST);
      const [first] = held;
      if (first !== undefined)
        return {
          began: first.iteration,
          measured: `relative change of the ${player}'s weights between two readings`,
          value: held.at(-1)!.value,
          threshold: THRESHOLD,
          trouble: "below",
        };
    }
    return undefined;
  },
  remedies: [],
});
