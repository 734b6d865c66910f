import { pngGrid } from "@gantry/formats";
import { UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import type { ImageSource } from "./images.js";
import type { JudgeSettings } from "./judgeSettings.js";
import { kept } from "./keptNumbers.js";
import type { MetricContext } from "./metric.js";
import { drawHoles, type HoleFound, powerOf } from "./missingHoles.js";
import { DEFAULT_JUDGE, NoisyJudge, type Pool } from "./missingJudge.js";

export interface MissingModesOptions {
  /** Standard deviation of the noise on what the judge is trained on, images being in [-1, 1]. */
  readonly sigma: number;
  /** Default {@link DEFAULT_JUDGE}. */
  readonly judge?: JudgeSettings;
  /** Values above count as missing; default from reals judged against reals, see `falseAlarms`. */
  readonly threshold?: number | undefined;
  /** Share of test images that may be called missing where nothing is. Default 0.001. */
  readonly falseAlarms?: number;
  /** How often generated images may be called missing, for each time that test images are: at least the rest is then right. Default 1/2. */
  readonly wrong?: number;
  /** Half of what the judges are trained on is turned left to right, at random; for images where that does not matter. Default false. */
  readonly mirror?: boolean;
  /** Training steps of a judge. Default 1000; the paper does not say. */
  readonly steps?: number;
  /** Holes made in real images to see whether they would be found, a judge each. Default 1. */
  readonly holes?: number;
  /** Of the judges' weights, batches and noise, the split of the reals, and the holes. Default 0. */
  readonly seed?: number;
}

export interface MissingModes {
  readonly sigma: number;
  readonly threshold: number;
  /** Test images judged. */
  readonly images: number;
  /** Test images whose value is above the threshold. */
  readonly missing: number;
  /** Their places among the test images, the highest value first. */
  readonly positions: readonly number[];
  /** How many test images have a value in each tenth from 0 to 1. */
  readonly histogram: readonly number[];
  /**
   * The value of each test image: the judge's odds that it is real, over those of a generated image in the middle. 0.5 is as
   * much like what is generated as that one.
   */
  readonly values: Float32Array;
  /** What the estimate can see. */
  readonly power: readonly HoleFound[];
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Generated images, at most, that a judge is not trained on. */
const MADE = 2000;

/**
 * Estimates how much of the data a generator misses. A third-party discriminator, which no generator has been trained
 * against, learns to tell generated from training images; noise on its input keeps it from separating them perfectly. Its
 * value estimates p_data / (p_data + p_generator), so a test image that it gives nearly 1 is one that the generator does
 * not make. (Equation 5 of the paper has p_generator on top, which contradicts its text; the text is followed.)
 *
 * "Near 1" is measured. Of the training images a part takes the place of the generated ones, and a second judge learns to
 * tell it from the rest, in as many passes: at most `falseAlarms` of the test images may then be called. And the threshold is
 * such that generated images, held out from the judge, are above it at most `wrong` times as often as test images. What the
 * estimate can see is told by holes that are made in that part on purpose. What reals say is kept for the next generator.
 *
 * Source: Che et al. 2017 (mode regularized GANs), sections 3.4 and 4.2.1; the threshold and the holes are Gantry's.
 * @throws {UsageError} images of several shapes, too few of them, or of a size that the judge cannot take
 */
export async function estimateMissingModes(
  sources: { readonly generated: ImageSource; readonly training: ImageSource; readonly test: ImageSource },
  options: MissingModesOptions,
  context: MetricContext = {},
): Promise<MissingModes> {
  const { generated, training, test } = sources;
  const { sigma, judge = DEFAULT_JUDGE, falseAlarms = 1e-3, wrong = 1 / 2 } = options;
  const { mirror = false, steps = 1000, holes = 1, seed = 0 } = options;
  const { shape } = generated;
  for (const other of [training, test])
    if (other.shape.join() !== shape.join())
      throw new UsageError(
        `${other.name} has images of [${other.shape}], and ${generated.name} of [${shape}]`,
      );
  checkCounts(judge.batch, generated.count, training.count);
  const [fakes, reals, tests] = await Promise.all([generated, training, test].map(whole));
  const random = new Random(seed);
  const order = reals!.indices.slice();
  random.shuffle(order);
  // A file may hold them class by class.
  random.shuffle(fakes!.indices);
  const standing = standingOf(fakes!.indices.length, order.length);
  const [stand, rest] = [order.subarray(0, standing), order.subarray(standing)];
  const known = options.threshold;
  const drawn = drawHoles(training, test, { training: reals!, test: tests! }, holes, seed);
  const judges = drawn.length + (known === undefined ? 2 : 1);
  let done = 0;
  const judged = async (against: Pool, real: Uint32Array, which: number): Promise<Judged> => {
    // Every image is seen as often by each judge: then they know them by heart alike.
    const passes = Math.max(1, Math.round((steps * real.length) / order.length));
    const within = {
      signal: context.signal,
      onProgress: (share: number) => context.onProgress?.((done + 0.95 * share) / judges),
    };
    const apart = Math.min(MADE, Math.floor(against.indices.length / 5));
    const part = (from: number, to?: number) => ({ ...against, indices: against.indices.subarray(from, to) });
    const trained = await NoisyJudge.train(
      judge,
      shape,
      { generated: part(apart), real: { bytes: reals!.bytes, indices: real } },
      { sigma, steps: passes, mirror, seed: seed + which },
      within,
    );
    try {
      const made = (await trained.logits(part(0, apart), context)).sort();
      const middle = made[Math.floor(made.length / 2)] ?? 0;
      const seen = await trained.logits(tests!, context);
      done++;
      return { made: made.map((logit) => logit - middle), seen: seen.map((logit) => logit - middle) };
    } finally {
      trained.dispose();
    }
  };
  const found = await judged(fakes!, order, 0);
  const calibrate = async (): Promise<Calibration> => {
    let least = known === undefined ? 0 : Math.log(known / (1 - known));
    if (known === undefined) {
      const whole = await judged({ bytes: reals!.bytes, indices: stand }, rest, 1);
      least = leastOf(whole, falseAlarms, wrong);
    }
    const power: HoleFound[] = [];
    for (const [i, hole] of drawn.entries()) {
      const left = stand.filter((index) => !hole.ofTraining(index));
      const without = await judged({ bytes: reals!.bytes, indices: left }, rest, i + 2);
      const bound = known === undefined ? boundOf(without, least, wrong) : least;
      power.push(powerOf(above(without.seen, bound), test.count, hole));
    }
    return { least, power };
  };
  const { digest } = training;
  const { least, power } =
    digest === undefined || test.digest === undefined
      ? await calibrate()
      : await kept(
          {
            version: VERSION,
            training: digest,
            test: test.digest,
            labels: training.labels !== undefined && test.labels !== undefined,
            options: {
              sigma,
              judge,
              steps,
              falseAlarms,
              wrong,
              mirror,
              holes,
              seed,
              standing,
              threshold: known ?? null,
            },
          },
          calibrate,
          context.home,
        );
  const bound = known === undefined ? boundOf(found, least, wrong) : least;
  const values = found.seen.map(sigmoid);
  const histogram = new Array<number>(10).fill(0);
  for (const value of values) histogram[Math.min(9, Math.floor(value * 10))]!++;
  const positions = above(found.seen, bound);
  return {
    sigma,
    // Rounded as the values are: those above it are those above the bound.
    threshold: Math.fround(sigmoid(bound)),
    images: test.count,
    missing: positions.length,
    positions,
    histogram,
    values,
    power,
  };
}

/** What a judge says, as log odds over those of a generated image in the middle. */
export interface Judged {
  /** Of generated images that it was not trained on, ascending. */
  readonly made: Float32Array;
  /** Of the test images, in their order. */
  readonly seen: Float32Array;
}

/** What reals judged against reals say: it depends on no generated images, and is kept. */
interface Calibration {
  /** As {@link leastOf} says. */
  readonly least: number;
  readonly power: readonly HoleFound[];
}

/** Goes up with every change of what is measured: older calibrations are then not used. */
const VERSION = 5;

/**
 * What reals judged against reals, where nothing is missing, ask of a bound: where {@link boundOf} itself calls at most `falseAlarms` of
 * the test images nothing more than 0, odds of a half; else what so many of them exceed.
 */
export function leastOf(whole: Judged, falseAlarms: number, wrong: number): number {
  const { length } = whole.seen;
  const called = above(whole.seen, boundOf(whole, 0, wrong)).length;
  if (called <= falseAlarms * length) return 0;
  return whole.seen.slice().sort().reverse()[Math.floor(falseAlarms * length)] ?? 0;
}

/**
 * The least bound, at least `least`, above which generated images are at most `wrong` times as frequent as test images: what
 * is generated is not missing.
 */
export function boundOf({ made, seen }: Judged, least: number, wrong: number): number {
  const falling = seen.slice().sort().reverse();
  let [bound, above] = [falling[0] ?? least, 0];
  for (const [i, value] of falling.entries()) {
    if (value < least) break;
    while (above < made.length && made[made.length - 1 - above]! > value) above++;
    // Above this very value are the i before it.
    if (above / made.length <= (wrong * i) / falling.length) bound = value;
  }
  return Math.max(bound, least);
}

/** Places of the numbers above a bound, the highest first. */
const above = (numbers: Float32Array, bound: number): number[] =>
  Array.from(numbers.keys())
    .filter((place) => numbers[place]! > bound)
    .sort((a, b) => numbers[b]! - numbers[a]!);

async function whole(source: ImageSource): Promise<Pool> {
  const bytes = await source.read(0, source.count);
  return { bytes, indices: Uint32Array.from({ length: source.count }, (_, i) => i) };
}

/**
 * How many reals stand in for generated images: to the rest as those are to all reals, so that both sides of a judge lack as much;
 * half at most.
 */
const standingOf = (generated: number, training: number): number =>
  Math.floor(Math.min((training * generated) / (training + generated), training / 2));

/** @throws {UsageError} too few images for a batch */
export function checkCounts(batch: number, generated: number, training: number): void {
  const least = standingOf(generated, training);
  if (batch > least)
    throw new UsageError(
      `a batch of ${batch} needs more images: there are ${generated} generated and ${training} real ones, ${least} of which stand in for generated ones; give missing:batch=${Math.max(1, least)} or fewer`,
    );
}

/** Images of the picture: eight rows of eight. */
const SHOWN = 64;

/** The images that are called missing, the surest first, as a PNG file; undefined where there are none. */
export async function pictureOfMissing(
  test: ImageSource,
  positions: readonly number[],
): Promise<Uint8Array | undefined> {
  if (positions.length === 0) return undefined;
  const size = test.shape[0] * test.shape[1] * test.shape[2];
  const shown = positions.slice(0, SHOWN);
  const data = new Uint8Array(shown.length * size);
  for (const [i, place] of shown.entries()) data.set(await test.read(place, place + 1), i * size);
  return await pngGrid({ data, shape: test.shape }, { columns: Math.min(8, shown.length), scale: 2 });
}
