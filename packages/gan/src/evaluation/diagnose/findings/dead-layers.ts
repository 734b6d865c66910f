import { defineFinding } from "../finding.js";
import { series, streak } from "../history.js";
import { LEAST } from "../late.js";

const THRESHOLD = 0;

export default defineFinding({
  name: "dead-layers",
  summary: "layers that no gradient reaches any more",
  cause: "Units that never fire (ReLU after too large a step), or a layer whose output nothing depends on.",
  find(history) {
    for (const player of ["generator", "discriminator"]) {
      const held = streak(series(history, `dead/${player}`), ({ value }) => value > THRESHOLD, LEAST);
      const [first] = held;
      if (first !== undefined)
        return {
          began: first.iteration,
          measured: `share of the ${player}'s layers whose gradients are all 0`,
          value: held.at(-1)!.value,
          threshold: THRESHOLD,
          trouble: "above",
        };
    }
    return undefined;
  },
  remedies: [],
});
