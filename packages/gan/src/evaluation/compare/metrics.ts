import type { RunScore } from "../../core/run/scores.js";
import type { RunSummary } from "../../core/run/summary.js";

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

/** Every score of the runs by its name, with the best marked.
 * @param labels of the runs
 */
export function metricsOf(runs: readonly RunSummary[], labels: readonly string[]): ComparedMetric[] {
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

/** `real samples: 10000 (a, b and 4 more), 5000 (c)` */
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
    return [`${key}: ${[...by].map(([value, who]) => `${value} (${some(who)})`).join(", ")}`];
  });
}

/** At most three of them by name. */
const some = (labels: readonly string[]): string =>
  labels.length > 3 ? `${labels.slice(0, 2).join(", ")} and ${labels.length - 2} more` : labels.join(", ");
