import { defineFinding } from "../finding.js";
import { series } from "../history.js";
import { lasting } from "../late.js";

export default defineFinding({
  name: "dead-layers",
  summary: "layers that no gradient reaches any more",
  cause: "Units that never fire (ReLU after too large a step), or a layer whose output nothing depends on.",
  find(history) {
    for (const player of ["generator", "discriminator"]) {
      const found = lasting(history, series(history, `dead/${player}`), {
        measured: `share of the ${player}'s layers whose gradients are all 0`,
        threshold: 0,
        trouble: "above",
      });
      if (found !== undefined) return found;
    }
    return undefined;
  },
  remedies: [],
});
