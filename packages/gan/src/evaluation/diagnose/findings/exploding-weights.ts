import { defineFinding } from "../finding.js";
import { series } from "../history.js";
import { lasting } from "../late.js";

export default defineFinding({
  name: "exploding-weights",
  summary: "a player's weights grow out of bounds",
  cause: "Rates that are too high, or a loss that rewards ever larger scores, with nothing that holds them.",
  find(history) {
    for (const player of ["discriminator", "generator"]) {
      const all = series(history, `weights/${player}`);
      const [begin] = all;
      if (begin === undefined) continue;
      const grown = all.map(({ iteration, value }) => ({ iteration, value: value / begin.value }));
      const found = lasting(history, grown, {
        measured: `the ${player}'s weights, as a multiple of what they were at iteration ${begin.iteration}`,
        threshold: 10,
        trouble: "above",
      });
      if (found !== undefined) return found;
    }
    return undefined;
  },
  remedies: [],
});
