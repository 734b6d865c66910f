import { type RunEvent, standing } from "./directory.js";

/** One scalar over a training. */
export interface Curve {
  readonly iterations: readonly number[];
  readonly values: readonly number[];
}

const CLOCK = new Set(["iteration", "imagesSeen", "seconds"]);

/** Events of a name that hold scalars of the training; the trainer's own lines have no name. Of others numbers are something else. */
const MEASURED = new Set(["evaluation"]);

/** Whether the numbers of an event are scalars of the training, but for those that only {@link tellsWhen} it was. */
export const holdsScalars = ({ event }: RunEvent): boolean =>
  typeof event !== "string" || MEASURED.has(event);

/** Whether a number of this name tells when an event was, and not how the training went. */
export const tellsWhen = (name: string): boolean => CLOCK.has(name);

/** Every scalar of the events that still hold, by name in the order of their first appearance, sorted by iteration. */
export function curvesOf(events: readonly RunEvent[]): Map<string, Curve> {
  const points = new Map<string, [iteration: number, value: number][]>();
  for (const event of standing(events)) {
    const { iteration } = event;
    if (typeof iteration !== "number" || !holdsScalars(event)) continue;
    for (const [name, value] of Object.entries(event)) {
      // What is not finite is null in JSON: a gap in the curve.
      if (tellsWhen(name) || !(typeof value === "number" || (value === null && points.has(name)))) continue;
      const series = points.get(name) ?? [];
      series.push([iteration, typeof value === "number" ? value : Number.NaN]);
      points.set(name, series);
    }
  }
  return new Map(
    [...points].map(([name, series]) => {
      series.sort(([a], [b]) => a - b);
      return [name, { iterations: series.map(([at]) => at), values: series.map(([, value]) => value) }];
    }),
  );
}

/**
 * A curve of at most about `limit` points that looks the same: of every stretch the least and the greatest value, so that
 * no spike is lost.
 */
export function thin(curve: Curve, limit: number): Curve {
  const count = curve.values.length;
  if (count <= limit) return curve;
  const stretches = Math.max(1, Math.floor(limit / 2));
  const kept = new Set<number>([0, count - 1]);
  for (let i = 0; i < stretches; i++) {
    let low: number | undefined;
    let high: number | undefined;
    const end = Math.floor(((i + 1) * count) / stretches);
    for (let at = Math.floor((i * count) / stretches); at < end; at++) {
      const value = curve.values[at]!;
      if (!Number.isFinite(value)) continue;
      if (low === undefined || value < curve.values[low]!) low = at;
      if (high === undefined || value > curve.values[high]!) high = at;
    }
    if (low !== undefined) kept.add(low);
    if (high !== undefined) kept.add(high);
  }
  const chosen = [...kept].sort((a, b) => a - b);
  return {
    iterations: chosen.map((at) => curve.iterations[at]!),
    values: chosen.map((at) => curve.values[at]!),
  };
}
