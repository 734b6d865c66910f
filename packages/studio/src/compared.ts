import { type Comparison, compareRuns, hasSeeds } from "@gantry/gan/compare";
import { type RunSummary, thin } from "@gantry/gan/run";
import type { ComparedGridsJson, CompareJson, LineJson } from "./json.js";

/** Points of a curve: a screen shows no more. */
const POINTS = 400;

/**
 * What the comparison's page shows: lines as means over seeds where there are several, else run by run.
 * @param runs those that were compared, in the same order
 */
export function compareJson(
  comparison: Comparison,
  runs: readonly RunSummary[],
  samples: readonly ComparedGridsJson[],
  ids: readonly string[] | null = null,
): CompareJson {
  const { curves, ...rest } = comparison;
  const grouped = hasSeeds(comparison.groups);
  return {
    comparison: rest,
    ids,
    grouped,
    legend: (grouped ? comparison.groups : comparison.runs).map(({ label }) => label),
    plots: grouped ? meanPlots(curves) : curvePlots(runs),
    samples,
  };
}

/**
 * {@link compareJson} of runs.
 * @throws UsageError when a run is given twice
 */
export const compareSummaries = (
  runs: readonly RunSummary[],
  samples: readonly ComparedGridsJson[],
  ids: readonly string[],
): CompareJson => compareJson(compareRuns(runs), runs, samples, ids);

const meanPlots = (curves: Comparison["curves"]): CompareJson["plots"] =>
  curves.map(({ name, groups }) => ({
    name,
    lines: groups.flatMap((mean, place): LineJson[] =>
      mean === null ? [] : [{ place, at: mean.iterations, mean: mean.means, deviation: mean.deviations }],
    ),
  }));

function curvePlots(runs: readonly RunSummary[]): CompareJson["plots"] {
  const names = [...new Set(runs.flatMap(({ curves }) => [...curves.keys()]))];
  return names.map((name) => ({
    name,
    lines: runs.flatMap(({ curves }, place): LineJson[] => {
      const curve = curves.get(name);
      if (curve === undefined) return [];
      const { iterations, values } = thin(curve, POINTS);
      return [{ place, at: iterations, mean: values, deviation: values.map(() => 0) }];
    }),
  }));
}
