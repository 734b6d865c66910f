import { z } from "zod";
import { UsageError } from "../../core/base/errors.js";
import type { PointMode } from "../../core/data/dataset.js";
import { defineMetric, makeScore } from "./metric.js";

export interface PointOptions {
  /** A sample closer to its nearest mean than so many standard deviations is of high quality. Default 3. */
  readonly threshold?: number;
}

/** How well samples cover known modes. */
export interface PointScores {
  /** Samples judged. */
  readonly samples: number;
  /** High-quality samples of each mode. */
  readonly counts: readonly number[];
  /** Modes with at least one high-quality sample. */
  readonly modesCovered: number;
  /** Modes there are. */
  readonly modesTotal: number;
  /** Share of the samples that is of high quality, 0 to 1. */
  readonly highQuality: number;
  /**
   * KL of the high-quality samples' histogram over modes to the uniform one, natural logarithm: log K - H. Without any
   * high-quality sample it is log K, the worst there can be.
   */
  readonly reverseKl: number;
  /** Whether any sample lies within 10 standard deviations of a mean. */
  readonly near: boolean;
  /**
   * Root mean square distance of the samples from the centre of the modes, as a multiple of what exact samples have; NaN where
   * no sample is finite.
   */
  readonly spread: number;
}

/** Standard deviations from every mean beyond which points are none of these modes' at all. */
const FAR = 10;
/** How many times as far apart, or as close together, samples of no mode are that are of another scale. */
const OTHER_SCALE = 1.5;

/**
 * Judges points against the modes they should come from. Each sample counts for its nearest mean, distances measured in
 * the mode's standard deviations along each coordinate. A sample that is not finite is of no mode.
 *
 * An exact sampler of 2-D Gaussians has 1 - exp(-9/2) = 98.89 % high quality, not the 99.7 % of one dimension.
 * Source: PacGAN (Lin et al. 2018), section 4.1, and fjxmlzn/PacGAN.
 *
 * @param samples N*D numbers, point after point, D the length of the modes' means
 * @throws {UsageError} no modes, no samples, modes of different lengths, or a number of coordinates that is no multiple
 * of D
 */
export function scorePoints(
  samples: ArrayLike<number>,
  modes: readonly PointMode[],
  { threshold = 3 }: PointOptions = {},
): PointScores {
  const dimension = modes[0]?.mean.length ?? 0;
  if (dimension === 0) throw new UsageError("points are judged against at least one mode");
  if (modes.some(({ mean, std }) => mean.length !== dimension || !(std > 0)))
    throw new UsageError("the modes must have means of one length and standard deviations above 0");
  const count = samples.length / dimension;
  if (count === 0 || !Number.isInteger(count))
    throw new UsageError(`${samples.length} numbers are no points of ${dimension} coordinates`);

  const centre = Array.from(
    { length: dimension },
    (_, axis) => modes.reduce((sum, { mean }) => sum + mean[axis]!, 0) / modes.length,
  );
  const fromCentre = (point: ArrayLike<number>, offset = 0) =>
    centre.reduce((sum, value, axis) => sum + (point[offset + axis]! - value) ** 2, 0);
  const exact =
    modes.reduce((sum, { mean, std }) => sum + fromCentre(mean) + dimension * std * std, 0) / modes.length;
  let distances = 0;
  let finite = 0;
  const counts = new Array<number>(modes.length).fill(0);
  const limit = threshold * threshold;
  let closest = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < count; sample++) {
    const distance = fromCentre(samples, sample * dimension);
    if (Number.isFinite(distance)) {
      distances += distance;
      finite++;
    }
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const [mode, { mean, std }] of modes.entries()) {
      let squared = 0;
      for (let axis = 0; axis < dimension; axis++) {
        const scaled = (samples[sample * dimension + axis]! - mean[axis]!) / std;
        squared += scaled * scaled;
      }
      // NaN is below nothing.
      if (squared < least) {
        least = squared;
        nearest = mode;
      }
    }
    if (least < limit) counts[nearest]!++;
    closest = Math.min(closest, least);
  }
  const good = counts.reduce((sum, hits) => sum + hits, 0);
  let entropy = 0;
  for (const hits of counts) if (hits > 0) entropy -= (hits / good) * Math.log(hits / good);
  return {
    samples: count,
    counts,
    modesCovered: counts.filter((hits) => hits > 0).length,
    modesTotal: modes.length,
    highQuality: good / count,
    // Rounding must not make the distance of equal distributions negative.
    reverseKl: Math.max(0, Math.log(modes.length) - entropy),
    near: closest <= FAR * FAR,
    spread: Math.sqrt(distances / finite / exact),
  };
}

/** Modes covered, high quality and reverse KL of points. */
export default defineMetric({
  name: "points",
  summary: "points: modes covered and share of high quality (higher is better), reverse KL (lower)",
  source: "Lin et al. 2018 (PacGAN), section 4.1, and fjxmlzn/PacGAN",
  needs: ["points"],
  comparesWithReal: true,
  least: ({ modes }) => 25 * modes,
  options: z.strictObject({
    threshold: z
      .number()
      .positive()
      .default(3)
      .describe("of high quality within so many standard deviations"),
  }),
  async score({ threshold }, { fake, real, isOwnData = false }) {
    if (fake.points === undefined || real?.modes === undefined)
      throw new TypeError("points are judged against known modes, and there are none");
    const found = scorePoints(fake.points, real.modes, { threshold });
    const conventions = { threshold, modes: found.modesTotal };
    const isOtherScale = Math.abs(Math.log(found.spread)) > Math.log(OTHER_SCALE);
    const note =
      found.near || isOwnData || !isOtherScale
        ? undefined
        : `no point lies within ${FAR} standard deviations of a mode: the scales differ; name the data that the points should be like (ring:radius=2,std=0.02, or the run that they are from)`;
    const score = (metric: string, value: number, better: "lower" | "higher") =>
      makeScore({ fake }, { metric, value, better, conventions, ...(note === undefined ? {} : { note }) });
    return [
      { ...score("modes", found.modesCovered, "higher"), detail: { counts: found.counts } },
      score("high-quality", found.highQuality, "higher"),
      score("reverse-kl", found.reverseKl, "lower"),
    ];
  },
});
