import { defineFinding } from "../finding.js";
import { entriesOf } from "../history.js";
import { lasting } from "../late.js";

export default defineFinding({
  name: "memorising",
  summary: "samples are copies of training images",
  cause: "Few images: D knows them by heart, and whatever is no copy it calls fake.",
  find: (history) =>
    lasting(
      history,
      entriesOf(history.readings, ({ copies, "copies/reals": reals = 0 }) =>
        copies === undefined ? undefined : copies - reals,
      ),
      {
        measured:
          "share of samples much nearer to one training image than to any other, above that of training images, each held out from the rest",
        threshold: 0.25,
        trouble: "above",
      },
    ),
  remedies: [],
});
