import { noGrad, scope, type Tensor } from "@gantry/torch";
import { median } from "./history.js";

/** Distances between the rows of two matrices, row-major. */
export interface Distances {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Euclidean distances between the rows of a, N,D, and of b, M,D. */
export function distancesBetween(a: Tensor, b: Tensor): Distances {
  return noGrad(() =>
    scope(() => {
      // By products of matrices: rounding leaves some thousandth of the vectors' lengths, so they are centred first.
      const centre = b.mean([0], true);
      const [x, y] = [a.sub(centre), b.sub(centre)];
      const squares = x
        .square()
        .sum([1], true)
        .add(y.square().sum([1], true).t())
        .sub(x.matmul(y.t()).mul(2));
      const values = squares.clampMin(0).sqrt().toTypedArray() as Float32Array;
      return { rows: a.size(0), columns: b.size(0), values };
    }),
  );
}

/** Mean distance of different members of one set. */
export function meanWithin({ rows, values }: Distances): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) for (let j = 0; j < rows; j++) if (i !== j) sum += values[i * rows + j]!;
  return sum / (rows * (rows - 1));
}

export const meanBetween = ({ values }: Distances): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Median over a set's members of the distance to the nearest other. */
export function medianNearest({ rows, values }: Distances): number {
  const nearest = Array.from({ length: rows }, (_, i) => {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < rows; j++) if (i !== j) least = Math.min(least, values[i * rows + j]!);
    return least;
  });
  return median(nearest);
}

/**
 * The energy distance of two sets, as a multiple of the mean distance within the second: 0 for samples of one distribution, but
 * for chance. Source: Szekely and Rizzo 2013, Energy statistics, equation 1.
 */
export function energy(within: Distances, between: Distances, reference: Distances): number {
  const scale = meanWithin(reference);
  return (2 * meanBetween(between) - meanWithin(within) - scale) / scale;
}

/**
 * How often the nearest neighbour of a member of either set is of its own set: 0.5 for samples of one distribution, 1 for sets apart.
 * Source: Lopez-Paz and Oquab 2017, Revisiting classifier two-sample tests.
 */
export function ownNearest(a: Distances, between: Distances, b: Distances): number {
  const side = (own: Distances, other: (i: number, j: number) => number, others: number) => {
    let hits = 0;
    for (let i = 0; i < own.rows; i++) {
      let [nearest, foreign] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let j = 0; j < own.rows; j++)
        if (i !== j) nearest = Math.min(nearest, own.values[i * own.rows + j]!);
      for (let j = 0; j < others; j++) foreign = Math.min(foreign, other(i, j));
      if (nearest < foreign) hits++;
    }
    return hits;
  };
  const { columns, rows, values } = between;
  const hits =
    side(a, (i, j) => values[i * columns + j]!, columns) + side(b, (i, j) => values[j * columns + i]!, rows);
  return hits / (a.rows + b.rows);
}

/**
 * Share of rows much nearer to one column than to any other: copies. Of reals that are new, nearly none are.
 * Source: Yoon et al. 2023, Diffusion probabilistic models generalize when they fail to memorize (a third).
 * @param ratio the nearest distance, as a share of the second nearest, below which a row counts
 */
export function copies({ rows, columns, values }: Distances, ratio: number): number {
  let count = 0;
  for (let i = 0; i < rows; i++) {
    let [first, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let j = 0; j < columns; j++) {
      const value = values[i * columns + j]!;
      if (value < first) [first, second] = [value, first];
      else if (value < second) second = value;
    }
    if (first < ratio * second) count++;
  }
  return count / rows;
}

/** How well a score tells two sides apart: the probability that one of `high` is above one of `low` (the area under the ROC curve). */
export function separation(high: ArrayLike<number>, low: ArrayLike<number>): number {
  let above = 0;
  for (let i = 0; i < high.length; i++)
    for (let j = 0; j < low.length; j++) above += high[i]! > low[j]! ? 1 : high[i] === low[j] ? 0.5 : 0;
  return above / (high.length * low.length);
}
