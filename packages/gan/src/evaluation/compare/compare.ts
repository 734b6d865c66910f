import { UsageError } from "../../core/base/errors.js";
import type { Json } from "../../core/base/json.js";
import type { RunSummary } from "../../core/run/summary.js";
import { type Difference, differences } from "./differences.js";
import { groupsOf, membersOf, type SettingGroup } from "./groups.js";
import { type ComparedCurves, curvesOfGroups } from "./meanCurves.js";
import { type ComparedMetric, metricsOf } from "./metrics.js";

/** What a set of runs has to tell, side by side. Plain JSON. */
export interface Comparison {
  readonly runs: readonly ComparedRun[];
  readonly metrics: readonly ComparedMetric[];
  /** The same over seeds: runs by their settings, whatever they are called. */
  readonly groups: readonly SettingGroup[];
  /** Every scalar over training, in the order of the groups. */
  readonly curves: readonly ComparedCurves[];
  /** Settings in which the runs differ; values in the order of the runs, null where a run has no such setting. */
  readonly differences: readonly ComparedSetting[];
  /** Versions and origins in which they differ. */
  readonly origins: readonly ComparedSetting[];
}

export interface ComparedRun {
  /** What tells it from the others. */
  readonly label: string;
  readonly path: string;
  readonly recipe: string;
  readonly seed: number;
  readonly status: string;
  readonly iteration: number;
  readonly steps: number;
  readonly imagesSeen: number | null;
  readonly seconds: number | null;
}

export interface ComparedSetting {
  readonly path: string;
  readonly values: readonly Json[];
}

/** Points of a curve: a screen shows no more. */
const POINTS = 400;

/** @throws UsageError when a run is given twice */
export function compareRuns(runs: readonly RunSummary[]): Comparison {
  const labels = labelsOf(runs);
  const metrics = metricsOf(runs, labels);
  const members = membersOf(runs);
  const configs = runs.map(({ config }) => config as unknown as Json);
  return {
    runs: runs.map((run, i) => ({
      label: labels[i]!,
      path: run.path,
      recipe: run.config.recipe,
      seed: run.config.seed,
      status: run.status,
      iteration: run.iteration,
      steps: run.config.steps,
      imagesSeen: run.imagesSeen ?? null,
      seconds: run.seconds ?? null,
    })),
    metrics,
    groups: groupsOf(runs, members, labels, metrics),
    curves: curvesOfGroups(runs, members, POINTS),
    differences: differences(configs).map(plain),
    origins: differences(runs.map(({ origin }) => origin)).map(plain),
  };
}

const plain = ({ path, values }: Difference): ComparedSetting => ({
  path,
  values: values.map((value) => value ?? null),
});

/** Folders' names, with as much of the path before them as tells them apart. */
function labelsOf(runs: readonly RunSummary[]): string[] {
  const paths = runs.map(({ path }) => path.replace(/[\\/]+$/, ""));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UsageError(`${twice}: given twice; name every run once`);
  const parts = paths.map((path, i) => {
    const all = path.split(/[\\/]+/);
    // `.` and the like say nothing: the run's own name does.
    return [...all.slice(0, -1), runs[i]!.name];
  });
  for (let length = 1; ; length++) {
    const labels = parts.map((all) => all.slice(-length).join("/"));
    if (new Set(labels).size === labels.length) return labels;
    if (parts.every((all) => all.length <= length)) return paths;
  }
}
