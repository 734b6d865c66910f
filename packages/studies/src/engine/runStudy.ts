import { type Cell, type Outcome, type RunOptions, runCells } from "@gantry/gan/sweep";
import type { Study } from "./study.js";

/**
 * Measures cells of a study in processes of their own. A cell that fails is recorded with the reason, and does not stop the
 * others; it is tried again the next time.
 * @throws the signal's reason when it is aborted; UsageError when another process measures in the same folder
 */
export const runStudy = (
  { name, keepsWork, endsItself }: Study,
  cells: readonly Cell[],
  options: Omit<RunOptions, "keepsWork" | "endsItself">,
): Promise<Outcome<unknown>[]> =>
  runCells(new URL("./cellChild.js", import.meta.url), name, cells, { ...options, keepsWork, endsItself });
