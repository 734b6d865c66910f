import { type Curve, thin } from "../../core/run/curves.js";
import type { RunSummary } from "../../core/run/summary.js";
import { spread } from "../statistics.js";
import type { Members } from "./groups.js";

/** A scalar over training, of runs with the same settings. */
export interface MeanCurve {
  readonly iterations: readonly number[];
  /** Mean over the runs that have a value there. */
  readonly means: readonly number[];
  /** Sample standard deviation; 0 for one run. */
  readonly deviations: readonly number[];
  /** How many runs those are. */
  readonly counts: readonly number[];
}

/** One scalar's curve of each group; null where a group has none. */
export interface ComparedCurves {
  readonly name: string;
  readonly groups: readonly (MeanCurve | null)[];
}

/** At every iteration at which any of the curves has a finite value, mean and deviation over those that have. */
export function meanCurve(curves: readonly Curve[]): MeanCurve {
  const values = new Map<number, number[]>();
  for (const curve of curves)
    for (const [at, iteration] of curve.iterations.entries()) {
      const value = curve.values[at]!;
      if (Number.isFinite(value)) values.set(iteration, [...(values.get(iteration) ?? []), value]);
    }
  const iterations = [...values.keys()].sort((a, b) => a - b);
  const spreads = iterations.map((iteration) => spread(values.get(iteration)!));
  return {
    iterations,
    means: spreads.map(({ mean }) => mean),
    deviations: spreads.map(({ std }) => std),
    counts: spreads.map(({ count }) => count),
  };
}

/** A curve of about `limit` points at most, whose mean looks the same. */
function thinned(curve: MeanCurve, limit: number): MeanCurve {
  const kept = new Set(thin({ iterations: curve.iterations, values: curve.means }, limit).iterations);
  const places = curve.iterations.flatMap((iteration, i) => (kept.has(iteration) ? [i] : []));
  const pick = (values: readonly number[]) => places.map((i) => values[i]!);
  return {
    iterations: pick(curve.iterations),
    means: pick(curve.means),
    deviations: pick(curve.deviations),
    counts: pick(curve.counts),
  };
}

/** Every scalar of the runs' trainings, as curves over the seeds of each group. */
export function curvesOfGroups(
  runs: readonly RunSummary[],
  members: Members,
  limit: number,
): ComparedCurves[] {
  const names = [...new Set(runs.flatMap(({ curves }) => [...curves.keys()]))];
  return names.map((name) => ({
    name,
    groups: members.map((group) => {
      const curves = group.flatMap((i) => runs[i]!.curves.get(name) ?? []);
      return curves.length === 0 ? null : thinned(meanCurve(curves), limit);
    }),
  }));
}
