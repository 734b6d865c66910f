import type { z } from "zod";
import { GantryError } from "../../core/base/errors.js";
import { type Named, Registry } from "../../core/base/registry.js";
import type { PointMode } from "../../core/data/dataset.js";
import type { Parts } from "../../core/data/parts.js";
import type { ImageSource } from "./images.js";
import type { JudgeSettings } from "./judgeSettings.js";
import type { Moments } from "./moments.js";
import type { Table } from "./table.js";

/** One number that a metric gives, with all that is needed to know what it can be compared with. Plain JSON. */
export interface Score {
  /** `metric[network]`, as `fid[inception-2015]`; without a network just `metric`. */
  readonly name: string;
  readonly metric: string;
  /** The feature network looked through; null where none was. */
  readonly network: string | null;
  readonly value: number;
  /** Standard deviation over the metric's own splits or subsets; null where it has none. */
  readonly deviation: number | null;
  readonly better: "lower" | "higher";
  /** Images (or points) judged; `real` is null where the metric looks at none. */
  readonly samples: { readonly fake: number; readonly real: number | null };
  /** Of what the metric draws; null where it draws nothing. */
  readonly seed: number | null;
  /** Everything else that public codes differ in: splits, subsets, k, quantisation, resize, colour. */
  readonly conventions: Conventions;
  /** What is behind the number, where that is worth keeping, as a histogram; null where nothing is. */
  readonly detail: Readonly<Record<string, readonly number[]>> | null;
  /** What to know before trusting it; absent where there is nothing. */
  readonly note?: string;
}

export type Conventions = Readonly<Record<string, string | number | boolean>>;

/** Two scores that say nothing about each other. */
export class IncomparableError extends GantryError {
  constructor(message: string) {
    super(message, 2);
  }
}

/**
 * Below 0 where `a` is better than `b`, above 0 where worse, 0 where equal.
 * @throws {IncomparableError} other metrics, or other feature networks
 */
export function compareScores(a: Score, b: Score): number {
  if (a.name !== b.name)
    throw new IncomparableError(
      `${a.name} and ${b.name} are not comparable: scores compare only under one metric and one feature network`,
    );
  return a.better === "lower" ? a.value - b.value : b.value - a.value;
}

/** In what two comparable scores were measured differently, one line each: sample counts and conventions. */
export function differingConventions(a: Score, b: Score): string[] {
  const describe = (score: Score): Record<string, string | number | boolean | null> => ({
    "fake samples": score.samples.fake,
    "real samples": score.samples.real,
    ...score.conventions,
  });
  const [mine, other] = [describe(a), describe(b)];
  return [...new Set([...Object.keys(mine), ...Object.keys(other)])]
    .filter((key) => mine[key] !== other[key])
    .map((key) => `${key}: ${mine[key] ?? "none"} and ${other[key] ?? "none"}`);
}

/** What a metric may ask of one side of the comparison. Asked once, computed once. */
export interface Samples {
  readonly count: number;
  /** Name of the feature network that features, logits and labels come from; undefined without one. */
  readonly network: string | undefined;
  /** Rows that one sample has, where its parts are looked at one by one. Default 1. */
  readonly parts?: number | undefined;
  /** How images became what the network sees; see {@link Score.conventions}. */
  readonly conventions: Conventions;
  /** The images themselves. Throws UsageError where there are none. */
  images(): ImageSource;
  /** One row of features a sample. */
  features(): Promise<Table>;
  /** One row of raw class scores a sample. */
  logits(): Promise<Table>;
  /** Mean and covariance of the features: may be known without the features. */
  moments(): Promise<Moments>;
  /** The points themselves, N*D numbers; absent for images. */
  readonly points?: Float32Array;
  /** The modes that points are drawn from, where they are known. */
  readonly modes?: readonly PointMode[];
}

/** How much there is of each side, known before anything is computed. */
export interface SampleSizes {
  readonly fake: number;
  /** Undefined without real images. */
  readonly real: number | undefined;
  readonly test: number | undefined;
  /** Of one image or point, fake and real alike. */
  readonly shape: readonly number[];
  /** Where `fake` are a run's, its discriminator. */
  readonly discriminator?: JudgeSettings | undefined;
}

/** What surrounds the computation of a metric. */
export interface MetricContext {
  /** Aborting it rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** How far it has come, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
  /** Gantry's home, for what is worth keeping from one evaluation to the next. Nothing is kept without. */
  readonly home?: string | undefined;
  /** Called with a PNG file that is worth keeping beside the report, and a name for it. */
  readonly onPicture?: ((name: string, png: Uint8Array) => void) | undefined;
  /** Called with one line about something worth knowing that is no failure. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * What samples must offer for a metric; `moments`: of the features, which then need not be kept; `test`: held-out real
 * images beside the real ones; `points`: points, and on the real side their modes.
 */
export type Need = "features" | "moments" | "logits" | "images" | "test" | "points";

/** What a metric looks through, or at: 0 where it is nothing. */
export interface Seen {
  /** Length of a row of features, and of logits. */
  readonly features: number;
  readonly classes: number;
  /** Modes of points. */
  readonly modes: number;
}

/** One metric: a file of this folder with this as its default export. */
export interface MetricDefinition<Schema extends z.ZodObject = z.ZodObject> extends Named {
  /** The paper, and the code whose conventions are the defaults. */
  readonly source: string;
  readonly needs: readonly Need[];
  /** Whether it compares with real images. */
  readonly comparesWithReal: boolean;
  /** Its conventions, every one with a default. */
  readonly options: Schema;
  /** Whether options ask for real images although `comparesWithReal` does not. Default false. */
  wantsReal?(options: z.output<Schema>): boolean;
  /**
   * What the network is to look at in place of whole images; undefined: the whole. See {@link partsOf}.
   * @param stated parts that the data set judged, or compared with, says its images have
   */
  parts?(
    options: z.output<Schema>,
    stated: Parts | undefined,
  ): Parts | undefined | Promise<Parts | undefined>;
  /** Samples of a side below which a score means little, which is then said. Default 1000. */
  least?(seen: Seen): number;
  /**
   * Refuses what is bound to fail, before the long work.
   * @throws {UsageError} too few samples for the options, naming the option to change
   */
  check?(options: z.output<Schema>, sizes: SampleSizes): void | Promise<void>;
  /**
   * @param samples real ones where `comparesWithReal`
   * @throws {UsageError} too few samples for the options, naming the option to change
   * @throws {IncomparableError} `fake` and `real` were looked at through different networks
   */
  score(options: z.output<Schema>, samples: SamplePair, context?: MetricContext): Promise<Score[]>;
}

export interface SamplePair {
  readonly fake: Samples;
  readonly real?: Samples | undefined;
  /** Real images that no generator was trained on, for metrics that need `test`. */
  readonly test?: Samples | undefined;
  /** Where `fake` are a run's, its discriminator's network and how that was trained. */
  readonly discriminator?: JudgeSettings | undefined;
  /** Whether `fake` is of a generator that was trained on `real`: however bad, it is of no other kind. Default false. */
  readonly isOwnData?: boolean | undefined;
}

/** Lets TypeScript infer the options' type. */
export function defineMetric<Schema extends z.ZodObject>(
  definition: MetricDefinition<Schema>,
): MetricDefinition<Schema> {
  return definition;
}

export const metrics = new Registry<MetricDefinition>("metric", new URL("./", import.meta.url), {
  marks: ["score"],
  needs: {
    name: "text",
    summary: "text",
    source: "text",
    needs: "list",
    options: "options",
    score: "function",
  },
});

/** The real side of a comparison, looked at through the same network as the fake side. */
export function realOf(metric: string, { fake, real }: SamplePair): Samples {
  if (real === undefined) throw new TypeError(`${metric} compares with real samples, and none were given`);
  if (real.network !== fake.network)
    throw new IncomparableError(
      `${metric} cannot compare features of ${fake.network ?? "no network"} with features of ${real.network ?? "no network"}`,
    );
  return real;
}

/** What a score takes over from one side of the comparison. */
export type ScoreSide = Pick<Samples, "count" | "network" | "conventions">;

/** Assembles a score: its name, counts and conventions out of the samples it was made from. */
export function makeScore(
  { fake, real }: { readonly fake: ScoreSide; readonly real?: ScoreSide | undefined },
  score: {
    readonly metric: string;
    readonly value: number;
    readonly better: Score["better"];
    readonly deviation?: number;
    readonly seed?: number;
    readonly conventions?: Conventions;
    readonly detail?: NonNullable<Score["detail"]>;
    readonly note?: string;
  },
): Score {
  const network = fake.network ?? null;
  const ofReal = Object.entries(real?.conventions ?? {})
    .filter(([key, value]) => fake.conventions[key] !== value)
    .map(([key, value]) => [`real ${key}`, value] as const);
  return {
    name: network === null ? score.metric : `${score.metric}[${network}]`,
    metric: score.metric,
    network,
    value: score.value,
    deviation: score.deviation ?? null,
    better: score.better,
    samples: { fake: fake.count, real: real?.count ?? null },
    seed: score.seed ?? null,
    conventions: { ...fake.conventions, ...Object.fromEntries(ofReal), ...score.conventions },
    detail: score.detail ?? null,
    ...(score.note === undefined ? {} : { note: score.note }),
  };
}

/** Mean and population standard deviation. */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
