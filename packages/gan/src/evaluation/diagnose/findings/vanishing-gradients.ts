import { defineFinding } from "../finding.js";
import { series } from "../history.js";
import { lasting } from "../late.js";

export default defineFinding({
  name: "vanishing-gradients",
  summary: "nothing of D's verdict reaches G's weights",
  cause:
    "D or G saturates: scores so large that the loss is flat (minimax where D has won), tanh at its ends, or units that never fire.",
  find: (history) =>
    lasting(history, series(history, "gradient/generator"), {
      measured: "root mean square of G's gradients",
      // Adam divides by the gradients' size plus 1e-8: of smaller ones next to nothing is left.
      threshold: 1e-8,
      trouble: "below",
    }),
  remedies: [],
});
