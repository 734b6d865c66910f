import type { CurveJson } from "../json.js";

/** Some neighbouring values of a scalar as one: nothing of how far they reach is lost. */
interface Stretch {
  readonly first: number;
  last: number;
  low: number;
  lowAt: number;
  high: number;
  highAt: number;
  sum: number;
  /** Finite values. */
  count: number;
  /** Values that were not finite, and the iteration of the last. */
  bad: number;
  badAt: number;
}

/** Stretches that are kept, at most twice: then neighbours are joined. */
const CAPACITY = 1024;

/**
 * One scalar over a training, in memory that does not grow with it: of every stretch the least, the greatest and the mean.
 * Exact while there are no more values than stretches.
 */
export class Series {
  #stretches: Stretch[] = [];
  /** Values a stretch. */
  #width = 1;
  readonly #capacity: number;
  /** Values that were not finite. */
  bad = 0;
  last: number | undefined;

  /** @param capacity stretches that are kept at least, once there are as many values; default 1024 */
  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
  }

  /** @param value not finite for one that the training could not tell */
  push(iteration: number, value: number): void {
    const isBad = !Number.isFinite(value);
    if (isBad) this.bad++;
    else this.last = value;
    const open = this.#stretches.at(-1);
    if (open === undefined || open.count + open.bad >= this.#width) {
      if (this.#stretches.length >= 2 * this.#capacity) this.#halve();
      this.#stretches.push(begin(iteration, value));
      return;
    }
    open.last = iteration;
    if (isBad) {
      open.bad++;
      open.badAt = iteration;
      return;
    }
    if (open.count === 0 || value < open.low) [open.low, open.lowAt] = [value, iteration];
    if (open.count === 0 || value > open.high) [open.high, open.highAt] = [value, iteration];
    open.sum += value;
    open.count++;
  }

  /** Forgets what came after an iteration: the training went on from there. Of a stretch across it, what is known to be before. */
  giveUpAfter(iteration: number): void {
    while ((this.#stretches.at(-1)?.first ?? -1) > iteration) this.#stretches.pop();
    const across = this.#stretches.at(-1);
    if (across === undefined || across.last <= iteration) return;
    this.#stretches.pop();
    const kept = [
      [across.lowAt, across.low],
      [across.highAt, across.high],
    ] as const;
    const sorted = kept
      .filter(([at]) => across.count > 0 && at <= iteration)
      .sort(([a], [b]) => a - b)
      .filter(([at], i, all) => at !== all[i - 1]?.[0]);
    for (const [at, value] of sorted) this.#stretches.push(begin(at, value));
  }

  #halve(): void {
    const joined: Stretch[] = [];
    for (let i = 0; i < this.#stretches.length; i += 2)
      joined.push(join(this.#stretches.slice(i, i + 2) as [Stretch, Stretch?]));
    this.#stretches = joined;
    this.#width *= 2;
  }

  /**
   * The curve in at most `limit` stretches.
   * @param from and `to`: iterations, both included; default all
   */
  curve(limit: number, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY): CurveJson {
    const shown = this.#stretches.filter(({ first, last }) => last >= from && first <= to);
    const width = Math.max(1, Math.ceil(shown.length / limit));
    const curve = { at: [], mean: [], low: [], high: [], bad: [] } as Record<keyof CurveJson, number[]>;
    for (let i = 0; i < shown.length; i += width) {
      const stretch = join(shown.slice(i, i + width) as [Stretch, ...Stretch[]]);
      if (stretch.bad > 0) curve.bad.push(stretch.badAt);
      if (stretch.count === 0) continue;
      curve.at.push(stretch.last);
      curve.mean.push(stretch.sum / stretch.count);
      curve.low.push(stretch.low);
      curve.high.push(stretch.high);
    }
    return curve;
  }
}

function begin(iteration: number, value: number): Stretch {
  const isBad = !Number.isFinite(value);
  return {
    first: iteration,
    last: iteration,
    low: value,
    lowAt: iteration,
    high: value,
    highAt: iteration,
    sum: isBad ? 0 : value,
    count: isBad ? 0 : 1,
    bad: isBad ? 1 : 0,
    badAt: iteration,
  };
}

function join([one, ...others]: readonly [Stretch, ...(Stretch | undefined)[]]): Stretch {
  const whole = { ...one };
  for (const next of others) {
    if (next === undefined) continue;
    whole.last = next.last;
    if (next.bad > 0) whole.badAt = next.badAt;
    whole.bad += next.bad;
    if (next.count === 0) continue;
    if (whole.count === 0 || next.low < whole.low) [whole.low, whole.lowAt] = [next.low, next.lowAt];
    if (whole.count === 0 || next.high > whole.high) [whole.high, whole.highAt] = [next.high, next.highAt];
    whole.sum += next.sum;
    whole.count += next.count;
  }
  return whole;
}
