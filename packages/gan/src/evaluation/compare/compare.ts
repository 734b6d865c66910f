import { UsageError } from "../../core/base/errors.js";
import type { Json } from "../../core/base/json.js";
import type { RunScore } from "../../core/run/scores.js";
import type { RunSummary } from "../../core/run/summary.js";
import { spread } from "../statistics.js";
import { canonical, type Difference, differences } from "./differences.js";

/** What a set of runs has to tell, side by side. Plain JSON. */
export interface Comparison {
  readonly runs: readonly ComparedRun[];
  readonly metrics: readonly ComparedMetric[];
  /** Runs of one configuration with several seeds; empty where no configuration has two. */
  readonly seeds: readonly SeedGroup[];
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

/** One name of a metric and feature network: other names are never compared with it. */
export interface ComparedMetric {
  readonly name: string;
  readonly better: RunScore["better"];
  /** In the order of the runs; null where one has no such score. */
  readonly scores: readonly (ComparedScore | null)[];
  /** In what the scores were measured differently, a line each; then none is the best. */
  readonly measuredDifferently: readonly string[];
}

export type ComparedScore = Omit<RunScore, "name" | "better" | "measured"> & {
  /** No other run has a better one; never with only one score, or scores measured differently. */
  readonly best: boolean;
};

export interface SeedGroup {
  readonly label: string;
  /** Labels of the runs. */
  readonly runs: readonly string[];
  readonly seeds: readonly number[];
  readonly scores: readonly SeedScore[];
}

export interface SeedScore {
  readonly name: string;
  readonly count: number;
  readonly mean: number;
  /** Sample standard deviation (of n - 1) over the seeds; null for one. */
  readonly deviation: number | null;
  readonly best: boolean;
}

export interface ComparedSetting {
  readonly path: string;
  readonly values: readonly Json[];
}

/** @throws UsageError when a run is given twice */
export function compareRuns(runs: readonly RunSummary[]): Comparison {
  const labels = labelsOf(runs);
  const metrics = metricsOf(runs, labels);
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
    seeds: seedsOf(runs, labels, metrics),
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

function metricsOf(runs: readonly RunSummary[], labels: readonly string[]): ComparedMetric[] {
  const names = [...new Set(runs.flatMap(({ scores }) => scores.map(({ name }) => name)))];
  return names.map((name) => {
    const scores = runs.map((run) => run.scores.find((score) => score.name === name));
    const there = scores.filter((score) => score !== undefined);
    const { better } = there[0]!;
    const measuredDifferently = differently(scores, labels);
    const comparable = there.length > 1 && measuredDifferently.length === 0;
    const best = comparable
      ? bestOf(
          better,
          there.map(({ value }) => value),
        )
      : undefined;
    return {
      name,
      better,
      measuredDifferently,
      scores: scores.map((score) => {
        if (score === undefined) return null;
        const { value, deviation, repeats, iteration, note } = score;
        return { value, deviation, repeats, iteration, note, best: value === best };
      }),
    };
  });
}

function bestOf(better: RunScore["better"], values: readonly number[]): number | undefined {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return undefined;
  return better === "lower" ? Math.min(...finite) : Math.max(...finite);
}

/** `real samples: 10000 (a, b), 5000 (c)` */
function differently(scores: readonly (RunScore | undefined)[], labels: readonly string[]): string[] {
  const there = scores.flatMap((score, i) => (score === undefined ? [] : [{ score, label: labels[i]! }]));
  const keys = [...new Set(there.flatMap(({ score }) => Object.keys(score.measured)))];
  return keys.flatMap((key) => {
    const by = new Map<string, string[]>();
    for (const { score, label } of there) {
      const value = String(score.measured[key] ?? "none");
      by.set(value, [...(by.get(value) ?? []), label]);
    }
    if (by.size < 2) return [];
    return [`${key}: ${[...by].map(([value, who]) => `${value} (${who.join(", ")})`).join(", ")}`];
  });
}

function seedsOf(
  runs: readonly RunSummary[],
  labels: readonly string[],
  metrics: readonly ComparedMetric[],
): SeedGroup[] {
  const groups = new Map<string, number[]>();
  for (const [i, { config }] of runs.entries()) {
    const { seed: _, ...rest } = config;
    const key = canonical(rest as unknown as Json);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  const members = [...groups.values()];
  if (!members.some((group) => new Set(group.map((i) => runs[i]!.config.seed)).size > 1)) return [];
  const spreads = metrics.map(({ scores }) =>
    members.map((group) => spread(group.flatMap((i) => scores[i]?.value ?? []))),
  );
  const best = metrics.map(({ better, measuredDifferently }, m) => {
    const means = spreads[m]!.filter(({ count }) => count > 0).map(({ mean }) => mean);
    return means.length > 1 && measuredDifferently.length === 0 ? bestOf(better, means) : undefined;
  });
  const names = groupNames(members.map((group) => group.map((i) => labels[i]!)));
  return members.map((group, g) => ({
    label: names[g]!,
    runs: group.map((i) => labels[i]!),
    seeds: group.map((i) => runs[i]!.config.seed),
    scores: metrics.flatMap(({ name }, m): SeedScore[] => {
      const { count, mean, std } = spreads[m]![g]!;
      if (count === 0) return [];
      return [{ name, count, mean, deviation: count > 1 ? std : null, best: mean === best[m] }];
    }),
  }));
}

/** What the labels of a group begin with in common, where that tells it from the others; else its first label. */
function groupNames(groups: readonly (readonly string[])[]): string[] {
  const common = groups.map((labels) => {
    let length = 0;
    while (labels.every((label) => length < label.length && label[length] === labels[0]![length])) length++;
    const start = labels[0]!.slice(0, length).replace(/[-_./\s]+(seed)?[-_./\s]*$/, "");
    return labels.length === 1 || start === "" ? labels[0]! : start;
  });
  return common.map((name, i) => (common.indexOf(name) === common.lastIndexOf(name) ? name : groups[i]![0]!));
}
