import { fileURLToPath } from "node:url";

/** How this `gantry` is called, without a shell. */
export const program: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL("../../bin/gantry.mjs", import.meta.url)),
];
