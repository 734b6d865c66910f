import { defineFinding } from "../finding.js";
import { series, streak } from "../history.js";
import { LEAST } from "../late.js";

/** Adam divides by the gradients' size plus 1e-8: of smaller ones next to nothing is left. */
const THRESHOLD = 1e-8;

export default defineFinding({
  name: "vanishing-gradients",
  summary: "nothing of D's verdict reaches G's weights",
  cause:
    "D or G saturates: scores so large that the loss is flat (minimax where D has won), tanh at its ends, or units that never fire.",
  find(history) {
    const held = streak(series(history, "gradient/generator"), ({ value }) => value < THRESHOLD, LEAST);
    const [first] = held;
    return first === undefined
      ? undefined
      : {
          began: first.iteration,
          measured: "root mean square of G's gradients",
          value: held.at(-1)!.value,
          threshold: THRESHOLD,
          trouble: "below",
        };
  },
  remedies: [],
});
