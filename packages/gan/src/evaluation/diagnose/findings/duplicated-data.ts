import { createHash } from "node:crypto";
import { defineFinding } from "../finding.js";

/** Share of items that another is equal to. */
const THRESHOLD = 0.05;

export default defineFinding({
  name: "duplicated-data",
  summary: "many images are there more than once",
  cause:
    "Images were copied or collected several times. G learns those that are there often first, and may learn nothing else.",
  examine({ dataset, looked }) {
    // Copies of one image lie anywhere: what is counted is every item of a small set, and of a large one those that are looked at.
    const seen = new Set<string>();
    let again = 0;
    for (const index of looked) {
      const item = dataset.read([index]);
      const key = createHash("sha1")
        .update(new Uint8Array(item.buffer, item.byteOffset, item.byteLength))
        .digest("base64");
      if (seen.has(key)) again++;
      seen.add(key);
    }
    const value = again / looked.length;
    return value <= THRESHOLD
      ? undefined
      : {
          began: 0,
          measured: "share of the items that repeat another",
          value,
          threshold: THRESHOLD,
          trouble: "above",
        };
  },
  remedies: [],
});
