import { defineFinding } from "../finding.js";
import { entriesOf } from "../history.js";
import { lasting, settled } from "../late.js";
import { modeRegularizer, packing } from "../remedies.js";

export default defineFinding({
  name: "missing-modes",
  summary: "points: modes of the data that no sample comes near",
  cause:
    "G has given up parts of the data: D cannot hold that against it, as it judges each sample alone and forgets what it does not see.",
  find: (history) =>
    lasting(
      history,
      entriesOf(settled(history), ({ modes }) => modes),
      { measured: "share of the modes that samples come near", threshold: 0.75, trouble: "below" },
    ),
  remedies: [packing, modeRegularizer],
});
