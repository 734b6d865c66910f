import { defineFinding } from "../finding.js";
import { series, streak } from "../history.js";
import { LEAST } from "../late.js";

/** How many times what they were at the first reading weights may become. */
const THRESHOLD = 10;

export default defineFinding({
  name: "exploding-weights",
  summary: "a player's weights grow out of bounds",
  cause: "Rates that are too high, or a loss that rewards ever larger scores, with nothing that holds them.",
  find(history) {
    for (const player of ["discriminator", "generator"]) {
      const all = series(history, `weights/${player}`);
      const [begin] = all;
      if (begin === undefined) continue;
      const held = streak(all, ({ value }) => value / begin.value > THRESHOLD, LEAST);
      const [first] = held;
      if (first !== undefined)
        return {
          began: first.iteration,
          measured: `the ${player}'s weights, as a multiple of what they were at iteration ${begin.iteration}`,
          value: held.at(-1)!.value / begin.value,
          threshold: THRESHOLD,
          trouble: "above",
        };
    }
    return undefined;
  },
  remedies: [],
});
