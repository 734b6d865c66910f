import { existsSync } from "node:fs";
import type { RunOverview } from "@gantry/gan/run";
import { UsageProblem } from "./errors.js";

/** Where runs are, unless another folder is named. */
export const RUNS = "runs";

/**
 * What the runs in a folder are and do; folders in it are looked through.
 * @throws UsageProblem for a folder that is not there
 */
export async function overviewsIn(folder: string): Promise<RunOverview[]> {
  if (!existsSync(folder))
    throw new UsageProblem(
      folder === RUNS
        ? `there is no folder ${RUNS} here, so no runs yet; 'gantry train gan --preset small' makes one, and other folders are named: gantry runs DIR`
        : `there is no folder ${folder}`,
    );
  const { overviewOf, runsUnder } = await import("@gantry/gan/run");
  const { inOrder } = await import("./render/runs.js");
  const found: RunOverview[] = [];
  // One after the other: what runs have logged is megabytes each.
  for (const path of await runsUnder(folder)) {
    const overview = await overviewOf(path);
    if (overview !== undefined) found.push(overview);
  }
  return inOrder(found);
}
