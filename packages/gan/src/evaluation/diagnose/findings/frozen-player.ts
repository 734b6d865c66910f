import { defineFinding } from "../finding.js";
import { type Entry, series } from "../history.js";
import { lasting } from "../late.js";

/** The share of a training after which rates that fall to nothing are meant to. */
const END = 0.9;

/** How much of itself each entry has changed since the one before. */
const changes = (all: readonly Entry[]): Entry[] =>
  all.slice(1).map(({ iteration, value }, i) => {
    const { value: before } = all[i]!;
    return { iteration, value: Math.abs(value - before) / before };
  });

export default defineFinding({
  name: "frozen-player",
  summary: "a player's weights stand still",
  cause: "Its learning rate is 0 or next to it, or nothing that it minimises depends on it.",
  find(history) {
    for (const player of ["discriminator", "generator"]) {
      const early = changes(series(history, `weights/${player}`)).filter(
        ({ iteration }) => iteration <= END * history.config.steps,
      );
      const found = lasting(history, early, {
        measured: `relative change of the ${player}'s weights between two readings`,
        threshold: 1e-6,
        trouble: "below",
      });
      if (found !== undefined) return found;
    }
    return undefined;
  },
  remedies: [],
});
