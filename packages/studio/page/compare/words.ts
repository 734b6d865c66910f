import type { CompareJson } from "../../src/json.js";

/** `3 runs compared: a, b, c` */
export const titleOf = ({ comparison: { runs } }: CompareJson): string =>
  `${runs.length === 1 ? "1 run" : `${runs.length} runs`} compared: ${runs.map(({ label }) => label).join(", ")}`;
