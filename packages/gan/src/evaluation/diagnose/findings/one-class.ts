import { defineFinding } from "../finding.js";

/** Share of the items that one class may have, of several. */
const THRESHOLD = 0.95;

export default defineFinding({
  name: "one-class",
  summary: "nearly all items are of one class, of several",
  cause: "A folder or a file of labels is not what it should be, or all but one class were left out.",
  examine({ dataset, looked }) {
    if (dataset.classes === undefined || dataset.classes.length < 2) return undefined;
    const counts = new Map<number, number>();
    for (const label of dataset.labels(looked) ?? []) counts.set(label, (counts.get(label) ?? 0) + 1);
    const value = Math.max(...counts.values()) / looked.length;
    return value <= THRESHOLD
      ? undefined
      : {
          began: 0,
          measured: `share of the most frequent of ${dataset.classes.length} classes`,
          value,
          threshold: THRESHOLD,
          trouble: "above",
        };
  },
  remedies: [],
});
