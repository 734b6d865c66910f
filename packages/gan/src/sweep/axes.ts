import type { Json } from "../core/base/json.js";
import { Random } from "../core/data/random.js";
import type { CheckedSpec, Range } from "./spec.js";

/** Values by the paths of the settings that they are of, in the order of the paths. */
export type Point = ReadonlyMap<string, Json>;

/** Every value of each path with every value of the others: the last path's change first. */
export function gridPoints(grid: Readonly<Record<string, readonly Json[]>>): Point[] {
  return Object.entries(grid).reduce<Point[]>(
    (points, [path, values]) =>
      points.flatMap((point) => values.map((value) => new Map([...point, [path, value]]))),
    [new Map()],
  );
}

/** Random points, the same for the same seed. */
export function drawPoints({ count, seed, from }: NonNullable<CheckedSpec["draws"]>): Point[] {
  const random = new Random(seed);
  return Array.from(
    { length: count },
    () =>
      new Map(
        Object.entries(from).map(([path, source]) => [
          path,
          Array.isArray(source)
            ? (source[random.integer(source.length)] as Json)
            : drawNumber(source, random),
        ]),
      ),
  );
}

/** A number of a range, to four significant digits, so that names and tables say what it is. */
function drawNumber({ from, to, scale, whole }: Range, random: Random): number {
  const share = random.uniform();
  if (whole) {
    const [low, high] = [Math.ceil(from), Math.floor(to)];
    // Each whole number is as likely as its stretch of the scale is long.
    const drawn = between(low, high + 1, share, scale);
    return Math.min(high, Math.floor(drawn));
  }
  const drawn = Number(between(from, to, share, scale).toPrecision(4));
  return Math.min(to, Math.max(from, drawn));
}

const between = (from: number, to: number, share: number, scale: Range["scale"]): number =>
  scale === "log" ? from * (to / from) ** share : from + (to - from) * share;

/** The point without the paths that `applies` says no to. */
export const restrict = (point: Point, applies: (path: string) => boolean): Point =>
  new Map([...point].filter(([path]) => applies(path)));

/** Two points laid over each other. */
export const join = (a: Point, b: Point): Point => new Map([...a, ...b]);

/** Each point once. */
export function distinct(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [JSON.stringify([...point]), point])).values()];
}
