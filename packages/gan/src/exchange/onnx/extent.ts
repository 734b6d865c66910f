/** A number that follows the size of the batch: by / over of it, and so many more. */
export interface Following {
  readonly by: number;
  readonly over: number;
  readonly plus: number;
}

/** A size, or a place along a dimension: the same for every batch, or one that follows it. */
export type Extent = number | Following;

/** What `psi` is multiplied into. */
export const PSI = Symbol("psi");

/** A number that is an argument of an operator: an extent, or psi. */
export type Amount = Extent | typeof PSI;

export const isFixed = (amount: Amount): amount is number => typeof amount === "number";

const divisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : divisor(b, a % b));

/** The extent that is `first` in a batch of one size, and `second` in one of another. */
export function extentOf(first: number, second: number, sizes: readonly [number, number]): Extent {
  if (Object.is(first, second)) return first;
  const [by, over] = [second - first, sizes[1] - sizes[0]];
  const common = Number.isInteger(by) ? divisor(by, over) : 1;
  return { by: by / common, over: over / common, plus: first - (by / over) * sizes[0] };
}

const following = (extent: Extent): Following =>
  typeof extent === "number" ? { by: 0, over: 1, plus: extent } : extent;

/** a + sign * b. */
export function plus(a: Extent, b: Extent, sign: 1 | -1 = 1): Extent {
  const [one, other] = [following(a), following(b)];
  const over = one.over * other.over;
  const by = one.by * other.over + sign * other.by * one.over;
  const sum = one.plus + sign * other.plus;
  if (by === 0) return sum;
  const common = divisor(by, over);
  return { by: by / common, over: over / common, plus: sum };
}

export function sameExtent(a: Extent, b: Extent): boolean {
  const difference = plus(a, b, -1);
  return difference === 0;
}
