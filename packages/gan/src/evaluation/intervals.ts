import type { Spread } from "./statistics.js";

/** Values of the mean that repeated measurements do not speak against. */
export type Interval = readonly [low: number, high: number];

/** How sure intervals are. */
export const CONFIDENCE = 0.95;

/** Logarithm of the gamma function of x > 0. Source: Lanczos 1964, with g = 7 and nine coefficients. */
function logGamma(x: number): number {
  const coefficients = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  // Below 1/2 the series is poor: one step up.
  if (x < 0.5) return logGamma(x + 1) - Math.log(x);
  const sum = coefficients.reduce((so, each, i) => so + each / (x + i), 0.9999999999998099);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * The regularised incomplete beta function I_x(a, b).
 * @param rest 1 - x, which x alone does not have to all digits where it is near 1
 * Source: DLMF 8.17.22, its continued fraction, from the innermost term outwards.
 */
function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // It converges quickly on this side alone; the other is the complement.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(rest, x, b, a);
  let fraction = 1;
  for (let n = 400; n >= 1; n--) {
    const m = n >> 1;
    const term =
      n % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    fraction = 1 + term / fraction;
  }
  const front = a * Math.log(x) + b * Math.log(rest) + logGamma(a + b) - logGamma(a) - logGamma(b);
  return Math.exp(front) / (a * fraction);
}

/**
 * The chance that Student's t is at most `t`.
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1.
 * @param degrees of freedom, above 0; not only whole ones, as Welch's intervals have them
 */
export function studentCumulative(t: number, degrees: number): number {
  const square = degrees + t * t;
  const outside = incompleteBeta(degrees / square, (t * t) / square, degrees / 2, 0.5);
  return t > 0 ? 1 - outside / 2 : outside / 2;
}

/** What Student's t is below with a chance of `share`, to 12 digits: by halving. */
export function studentQuantile(share: number, degrees: number): number {
  if (!(share > 0 && share < 1) || !(degrees > 0)) return Number.NaN;
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

/**
 * Student's interval of a mean; undefined for fewer than two values, or none that is finite.
 * @param confidence default {@link CONFIDENCE}
 */
export function intervalOf({ count, mean, std }: Spread, confidence = CONFIDENCE): Interval | undefined {
  if (count < 2 || !Number.isFinite(mean)) return undefined;
  const half = (studentQuantile((1 + confidence) / 2, count - 1) * std) / Math.sqrt(count);
  return [mean - half, mean + half];
}

/**
 * Welch's interval of the difference of two means, a less b; undefined with fewer than two values of either, or none that is
 * finite. Without any spread it has no width.
 * @param confidence default {@link CONFIDENCE}
 * Source: Welch 1947, with the degrees of freedom of Satterthwaite 1946.
 */
export function differenceInterval(a: Spread, b: Spread, confidence = CONFIDENCE): Interval | undefined {
  const difference = a.mean - b.mean;
  if (a.count < 2 || b.count < 2 || !Number.isFinite(difference)) return undefined;
  const [one, other] = [a.std ** 2 / a.count, b.std ** 2 / b.count];
  if (one + other === 0) return [difference, difference];
  const degrees = (one + other) ** 2 / (one ** 2 / (a.count - 1) + other ** 2 / (b.count - 1));
  const half = studentQuantile((1 + confidence) / 2, degrees) * Math.sqrt(one + other);
  return [difference - half, difference + half];
}

/** Whether two intervals have a value in common. */
export const cross = (a: Interval, b: Interval): boolean => a[0] <= b[1] && b[0] <= a[1];
