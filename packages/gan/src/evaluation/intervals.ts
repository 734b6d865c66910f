import type { Spread } from "./statistics.js";

/** Values of the mean that repeated measurements do not speak against. */
export type Interval = readonly [low: number, high: number];

/** How sure intervals are. */
export const CONFIDENCE = 0.95;

/**
 * The chance that Student's t with whole degrees of freedom is at most `t`.
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 */
export function studentCumulative(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = degrees % 2 === 1;
  // cos + 2/3 cos^3 + ..., or 1 + 1/2 cos^2 + ...: degrees / 2 terms.
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= degrees - 2; power += 2) {
    term *= ((power - 1) / power) * cosine * cosine;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return (1 + within) / 2;
}

/** What Student's t is below with a chance of `share`, to 12 digits: by halving. */
export function studentQuantile(share: number, degrees: number): number {
  if (!(share > 0 && share < 1) || !(Number.isInteger(degrees) && degrees >= 1)) return Number.NaN;
  if (share < 0.5) return -studentQuantile(1 - share, degrees);
  let [low, high] = [0, 1];
  while (studentCumulative(high, degrees) < share) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2;
    if (studentCumulative(middle, degrees) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Student's interval of a mean, at {@link CONFIDENCE}; undefined for fewer than two values, or none that is finite. */
export function intervalOf({ count, mean, std }: Spread): Interval | undefined {
  if (count < 2 || !Number.isFinite(mean)) return undefined;
  const half = (studentQuantile((1 + CONFIDENCE) / 2, count - 1) * std) / Math.sqrt(count);
  return [mean - half, mean + half];
}

/** Whether two intervals have a value in common. */
export const cross = (a: Interval, b: Interval): boolean => a[0] <= b[1] && b[0] <= a[1];
