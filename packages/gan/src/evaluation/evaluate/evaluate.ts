import { version as torchVersion } from "@gantry/torch";
import type { z } from "zod";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import type { JsonObject } from "../../core/base/json.js";
import { importAgain, importedSources } from "../../core/base/plugins/plugins.js";
import { shellWord } from "../../core/base/shellWord.js";
import { validate } from "../../core/base/validate.js";
import { explainMissing } from "../../core/config/data.js";
import { type DataContext, dataContext, datasets, type Parts } from "../../core/data/index.js";
import type { DatasetSpec } from "../../core/data/open.js";
import { requireMemory } from "../../core/nets/memory.js";
import { GANTRY_VERSION } from "../../core/run/directory.js";
import { classifierMetadata } from "../metrics/features/classifier.js";
import { ImageSamples } from "../metrics/features/extractor.js";
import { featureNetworks } from "../metrics/features/network.js";
import type { Quantisation } from "../metrics/images.js";
import { type ImageSource, memoryImages } from "../metrics/images.js";
import { metrics as metricRegistry, type SamplePair, type Score } from "../metrics/metric.js";
import { partsOf } from "../metrics/modeCoverage.js";
import { findNetwork } from "./network.js";
import { type EvaluationReport, overRepeats, type ReportedScore, type SideReport } from "./report.js";
import type { EvaluationRequest, MetricRequest, Reference } from "./request.js";
import { type ChosenMetric, countOf, extraction, type OpenSides, Sides, type View } from "./samples.js";
import { type ImageSide, openSide, type PointSide, type Side } from "./side.js";
import { heardOrder, isForAll, type LookOrder, tellOthers } from "./together.js";
import { isTrainedOn } from "./trainedOn.js";

/** What surrounds an evaluation. */
export interface EvaluationContext extends Partial<Omit<DataContext, "onProgress">> {
  /** How far its present step has come. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
  /** A PNG file that is worth keeping beside the report, of the first repeat, and a name for it. */
  readonly onPicture?: (name: string, png: Uint8Array) => void;
}

export interface EvaluationProgress {
  /** `looking at photos through cifar10-cnn`, `computing kid`. */
  readonly what: string;
  readonly done: number;
  readonly total: number | undefined;
  /** `images`, `bytes`, `%`. */
  readonly unit: string;
}

/**
 * Evaluates, from the request to the report.
 * @throws {UsageError} whatever does not go together, before the long work
 */
export async function evaluate(
  request: EvaluationRequest,
  context: EvaluationContext = {},
): Promise<EvaluationReport> {
  const evaluation = await Evaluation.open(request, context);
  try {
    return await evaluation.run();
  } finally {
    evaluation.close();
  }
}

/**
 * Takes this process's part of evaluations that rank 0 leads, until {@link endEvaluations} there.
 * @param context onOpen: called when one is open
 */
export async function followEvaluations(
  context: EvaluationContext & { readonly onOpen?: () => void } = {},
): Promise<void> {
  let evaluation: Evaluation | undefined;
  try {
    for (;;) {
      const order = await heardOrder();
      if (order.what === "end") return;
      if (order.what === "open") {
        evaluation?.close();
        await importAgain(order.sources);
        evaluation = await Evaluation.open(order.request, context);
        context.onOpen?.();
      } else await evaluation?.help(order);
    }
  } finally {
    evaluation?.close();
  }
}

/** At rank 0: the other processes, where there are any, may end. */
export async function endEvaluations(): Promise<void> {
  await tellOthers({ what: "end" });
}

/** The real side; where it is the data of a run and is not there, the error names what to type. */
async function openReference(
  { subject, against }: EvaluationRequest,
  reference: Reference,
  quantisation: Quantisation,
  context: DataContext,
): Promise<Side> {
  try {
    return await openSide(reference, quantisation, context);
  } catch (error) {
    if (
      subject.kind !== "run" ||
      subject.data !== undefined ||
      against !== undefined ||
      reference.kind !== "data"
    )
      throw error;
    const spec = typeof reference.spec === "string" ? {} : (reference.spec as JsonObject);
    throw await explainMissing(error, spec, `eval ${shellWord(subject.path)}`);
  }
}

/** An evaluation that was found to make sense: everything is open and checked, nothing long was done. */
export class Evaluation {
  readonly #request: EvaluationRequest;
  readonly #context: DataContext;
  readonly #onProgress: (progress: EvaluationProgress) => void;
  readonly #onPicture: EvaluationContext["onPicture"];
  readonly #sides: OpenSides;
  readonly #metrics: readonly ChosenMetric[];
  readonly #views: readonly View[];
  /** By place of a view: what this process does for rank 0. */
  readonly #helping = new Map<number, Sides>();
  /** Samples used of the subject and of `against`. */
  readonly #counts: { readonly fake: number; readonly real: number };

  private constructor(
    request: EvaluationRequest,
    context: DataContext,
    { onProgress = () => {}, onPicture }: EvaluationContext,
    sides: OpenSides,
    metrics: readonly ChosenMetric[],
    views: readonly View[],
    counts: { readonly fake: number; readonly real: number },
  ) {
    this.#request = request;
    this.#context = context;
    this.#onProgress = onProgress;
    this.#onPicture = onPicture;
    this.#sides = sides;
    this.#metrics = metrics;
    this.#views = views;
    this.#counts = counts;
  }

  /**
   * Opens data, generator and feature networks, and checks all that can be.
   * @throws {UsageError}
   */
  static async open(request: EvaluationRequest, given: EvaluationContext = {}): Promise<Evaluation> {
    const context = dataContext(given);
    // Names and options first: a misspelt one must not cost the decoding of a data set.
    const asked = request.metrics && (await chooseMetrics(request.metrics, request.seed));
    if (request.network !== undefined) await featureNetworks.get(request.network);
    checkWhole("repeats", request.repeats, 1, MOST_REPEATS);
    checkWhole("samples", request.samples, 1, MOST_SAMPLES);
    checkWhole("realSamples", request.realSamples, 1);
    const open: Side[] = [];
    const quantisation = request.quantisation ?? {};
    try {
      const subject = await openSide(request.subject, quantisation, context);
      open.push(subject);
      const reference =
        request.against ??
        (subject.trainedOn === undefined
          ? undefined
          : ({ kind: "data", spec: subject.trainedOn.spec } as const));
      const metrics =
        asked ?? (await chooseMetrics(defaultMetrics(subject, reference !== undefined), request.seed));
      for (const metric of metrics) checkKind(metric, subject, reference !== undefined);
      const against = reference && (await openReference(request, reference, quantisation, context));
      if (against !== undefined) {
        open.push(against);
        checkAlike(subject, against);
      }
      let test: Side | undefined;
      if (metrics.some(({ definition }) => definition.needs.includes("test"))) {
        test = await openTest(request.test, reference, quantisation, context);
        open.push(test);
        checkAlike(subject, test);
      }
      const counts = {
        fake: countOf("samples", request.samples, subject),
        real: against === undefined ? 0 : countOf("realSamples", request.realSamples, against),
      };
      for (const { definition, options } of metrics)
        await definition.check?.(options, {
          fake: counts.fake,
          real: against === undefined ? undefined : counts.real,
          test: test?.count,
          shape: subject.shape,
          discriminator: subject.discriminator,
        });
      if (subject.kind === "points") {
        const known = against as PointSide | undefined;
        if (known?.modes === undefined)
          throw new UsageError(
            `points are judged against the modes of a data set (ring, grid); ${known?.name ?? "nothing"} has none: say --against ring, or the run whose data they should be like`,
          );
      }
      const isOwnData = reference !== undefined && (await isTrainedOn(subject, reference, context));
      const sides = { subject, against, test, isOwnData };
      const views = await openViews(request, metrics, sides, context);
      checkMemory(subject, counts.fake, views);
      return new Evaluation(request, context, given, sides, metrics, views, counts);
    } catch (error) {
      for (const side of open) side.close();
      throw error;
    }
  }

  /** Frees generator and networks. */
  close(): void {
    for (const sides of this.#helping.values()) sides.close();
    for (const { network } of this.#views) network?.dispose();
    const { subject, against, test } = this.#sides;
    for (const side of [subject, against, test]) side?.close();
  }

  /** Takes this process's part of what rank 0 asks for. */
  async help(order: LookOrder): Promise<void> {
    const known = this.#helping.get(order.view);
    const sides = known ?? new Sides(this.#views[order.view] as View, this.#request, this.#context);
    this.#helping.set(order.view, sides);
    const { subject, against, test } = this.#sides;
    const side = { fake: subject, real: against, test }[order.side];
    await sides.help(side as ImageSide, order);
  }

  /**
   * Of several processes, rank 0 runs it, and the others help.
   * @throws the signal's reason when it is aborted: what was extracted until then is kept for the next time
   */
  async run(): Promise<EvaluationReport> {
    const started = performance.now();
    const created = new Date().toISOString();
    const { repeats = 1, seed = 0 } = this.#request;
    const { fake, real } = this.#counts;
    const found = new Map<ChosenMetric, Score[][]>();
    const isShared = isForAll(this.#request);
    if (isShared) await tellOthers({ what: "open", request: this.#request, sources: importedSources() });
    for (const [place, view] of this.#views.entries()) {
      const sides = new Sides(view, this.#request, this.#context, isShared ? place : undefined);
      try {
        for (let repeat = 0; repeat < repeats; repeat++) {
          const pair = await sides.pair(this.#sides, { fake, real }, seed + repeat);
          for (const metric of view.metrics) {
            const before = found.get(metric) ?? [];
            // Nothing is drawn: the next repeat would be this one again.
            if (repeat > 0 && sides.isFixed && metric.seed === undefined) continue;
            found.set(metric, [...before, await this.#score(metric, pair, repeat)]);
          }
        }
      } finally {
        sides.close();
      }
    }
    const { subject, against, test } = this.#sides;
    return {
      format: 1,
      subject: reportOf(subject, fake),
      against: against === undefined ? null : reportOf(against, real),
      test: test === undefined ? null : reportOf(test, test.count ?? 0),
      networks: this.#views.flatMap(({ network, source, accuracy }) =>
        network === undefined ? [] : [{ name: network.name, weights: network.weights, source, accuracy }],
      ),
      repeats,
      seed,
      scores: this.#metrics.flatMap((metric) => {
        const scores = found.get(metric)!;
        return scores[0]!
          .map((_, place) => overRepeats(scores.map((each) => each[place]!)))
          .map((score) => this.#withNote(score, metric));
      }),
      definitions: Object.fromEntries(
        this.#metrics.map(({ definition: { name, summary, source }, options }) => [
          name,
          { summary, source, options: options as JsonObject },
        ]),
      ),
      versions: { gantry: GANTRY_VERSION, torch: torchVersion(), node: process.version },
      created,
      seconds: Math.round((performance.now() - started) / 100) / 10,
    };
  }

  /** Says so of a score that is of too few samples, or seen through too weak a network, to mean much. */
  #withNote(score: ReportedScore, metric: ChosenMetric): ReportedScore {
    const { network } = this.#views.find((view) => view.metrics.includes(metric)) as View;
    const { against, subject } = this.#sides;
    const seen = {
      features: network?.featureSize ?? 0,
      classes: network?.classes ?? 0,
      modes: against?.kind === "points" ? (against.modes?.length ?? 0) : 0,
    };
    const least = metric.definition.least?.(seen) ?? 1000;
    const { fake, real } = score.samples;
    const few = Math.min(fake, real ?? fake);
    const notes = [
      score.note,
      ...(few >= least ? [] : [`of ${amount(few, subject.kind)} it means little; take ${least} or more`]),
      network?.note,
    ].filter((note) => note !== undefined);
    return notes.length === 0 ? score : { ...score, note: notes.join("; ") };
  }

  async #score(
    { definition, options, seed }: ChosenMetric,
    pair: SamplePair,
    repeat: number,
  ): Promise<Score[]> {
    this.#context.signal?.throwIfAborted();
    const { repeats = 1 } = this.#request;
    const what = `computing ${definition.name}${repeats > 1 ? `, repeat ${repeat + 1} of ${repeats}` : ""}`;
    const drawn = seed === undefined ? {} : { seed: seed + repeat };
    const scores = await definition.score({ ...options, ...drawn }, pair, {
      signal: this.#context.signal,
      home: this.#context.home,
      onNotice: this.#context.onNotice,
      onPicture: repeat === 0 ? this.#onPicture : undefined,
      onProgress: (share) => this.#onProgress({ what, done: Math.floor(100 * share), total: 100, unit: "%" }),
    });
    for (const { name, value } of scores)
      if (!Number.isFinite(value)) throw new TypeError(`${name} came out as ${value}`);
    return scores;
  }
}

const reportOf = (side: Side, samples: number): SideReport => ({
  ...side.report,
  name: side.name,
  samples,
  of: side.count ?? null,
  shape: [...side.shape],
});

/**
 * Metrics by name with their options checked, before anything is opened.
 * @throws UsageError
 */
export async function chooseMetrics(
  asked: readonly MetricRequest[],
  seed: number | undefined,
): Promise<ChosenMetric[]> {
  if (asked.length === 0) throw new UsageError("name at least one metric");
  const chosen: ChosenMetric[] = [];
  for (const { name, options: given = {} } of asked) {
    const definition = await metricRegistry.get(name);
    const options = validate(definition.options, given, name) as Record<string, unknown>;
    const own = typeof options.seed === "number" ? options.seed : undefined;
    const first = own === undefined || given.seed !== undefined ? own : (seed ?? own);
    chosen.push({
      definition,
      options: first === undefined ? options : { ...options, seed: first },
      seed: first,
    });
  }
  return chosen;
}

function defaultMetrics(subject: Side, compared: boolean): MetricRequest[] {
  if (subject.kind === "points") return [{ name: "points" }];
  return (compared ? ["fid", "kid", "is", "prdc"] : ["is"]).map((name) => ({ name }));
}

function checkKind({ definition, options }: ChosenMetric, subject: Side, compared: boolean): void {
  const { name, needs } = definition;
  const forPoints = needs.includes("points");
  if (forPoints !== (subject.kind === "points"))
    throw new UsageError(
      forPoints
        ? `the metric ${name} judges points, and ${subject.name} holds images`
        : `the metric ${name} judges images, and ${subject.name} holds points: choose --metrics points`,
    );
  if (!compared && (definition.comparesWithReal || definition.wantsReal?.(options as never) === true))
    throw new UsageError(`${name} compares with real ${subject.kind}: say with which, --against DATASET`);
}

function checkAlike(subject: Side, other: Side): void {
  if (other.kind !== subject.kind)
    throw new UsageError(
      `${subject.name} holds ${subject.kind}, and ${other.name} ${other.kind}: they have no distance`,
    );
  const [a, b] = [subject, other].map(({ shape }) => shape.join("x"));
  if (a !== b && subject.kind === "points")
    throw new UsageError(`${subject.name} holds points of ${a} coordinates, and ${other.name} of ${b}`);
}

/** Many times what papers take: 50,000 samples, and a hundred repeats. */
const MOST_SAMPLES = 10_000_000;
const MOST_REPEATS = 10_000;

function checkWhole(
  name: string,
  value: number | undefined,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new UsageError(`${name} is ${value}; a whole number ${range} is needed`);
}

/**
 * Refuses samples to be made that are held in memory and do not fit there.
 * @throws UsageError
 */
function checkMemory({ kind, count, shape }: Side, samples: number, views: readonly View[]): void {
  const isHeld = kind === "points" || views.some(({ needs }) => needs.has("images"));
  if (count !== undefined || !isHeld) return;
  const size = shape.reduce((product, extent) => product * extent, kind === "points" ? 4 : 1);
  requireMemory(samples * size, amount(samples, kind), "take fewer by --samples");
}

/** Held-out images: those named, or else the test split of what the reference is the training split of. */
async function openTest(
  asked: Reference | undefined,
  reference: Reference | undefined,
  quantisation: NonNullable<EvaluationRequest["quantisation"]>,
  context: DataContext,
): Promise<Side> {
  if (asked !== undefined) return await openSide(asked, quantisation, context);
  const refusal = "missing judges held-out real images: say which, --test DATASET:test";
  if (reference?.kind !== "data") throw new UsageError(refusal);
  const spec: Exclude<DatasetSpec, string> =
    typeof reference.spec === "string" ? { name: reference.spec } : reference.spec;
  const { split } = spec as { split?: string };
  if (split !== undefined && split !== "train") throw new UsageError(refusal);
  const { name } = spec;
  const definition = name === undefined ? undefined : (await datasets.all()).get(name);
  if (definition !== undefined && !("split" in definition.options.shape)) throw new UsageError(refusal);
  try {
    return await openSide({ kind: "data", spec: { ...spec, split: "test" } }, quantisation, context);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${refusal} (${error.message})`, { cause: error });
  }
}

/** Groups metrics by what a network has to look at, and opens the networks. */
async function openViews(
  request: EvaluationRequest,
  metrics: readonly ChosenMetric[],
  { subject, against, test }: OpenSides,
  context: DataContext,
): Promise<View[]> {
  const stated = subject.parts ?? against?.parts;
  const groups = new Map<string, { parts: Parts | undefined; metrics: ChosenMetric[] }>();
  for (const metric of metrics) {
    const parts = await metric.definition.parts?.(metric.options as z.output<z.ZodObject>, stated);
    const key = JSON.stringify(parts ?? null);
    const group = groups.get(key) ?? { parts, metrics: [] };
    group.metrics.push(metric);
    groups.set(key, group);
  }
  const views: View[] = [];
  try {
    for (const { parts, metrics: own } of groups.values()) {
      const needs = new Set(own.flatMap(({ definition }) => definition.needs));
      if (needs.has("images")) checkShapes([subject, against, test]);
      if (!needs.has("features") && !needs.has("moments") && !needs.has("logits")) {
        views.push({ parts, network: undefined, source: "", accuracy: null, needs, metrics: own });
        continue;
      }
      const sides = [against, subject].filter((side) => side !== undefined) as ImageSide[];
      const { shape } = seenBy(subject as ImageSide, parts);
      const origins = sides.map(({ origin }) => origin);
      const definition = await findNetwork(request.network, origins, shape, parts !== undefined, context);
      const network = await definition.open(context, request.resize);
      const accuracy = (await classifierMetadata(definition.name, context))?.accuracy ?? null;
      views.push({ parts, network, source: definition.source, accuracy, needs, metrics: own });
      for (const side of sides)
        new ImageSamples(seenBy(side, parts), network, extraction(request), context).close();
    }
    return views;
  } catch (error) {
    for (const { network } of views) network?.dispose();
    throw error;
  }
}

/** One image of a side, or its parts: enough to tell whether a network takes them. */
function seenBy(side: ImageSide, parts: Parts | undefined): ImageSource {
  const [channels, height, width] = side.shape;
  const one = memoryImages(side.name, new Uint8Array(channels * height * width), side.shape);
  return parts === undefined ? one : partsOf(one, parts);
}

function checkShapes(sides: readonly (Side | undefined)[]): void {
  const [first, ...others] = sides.filter((side) => side !== undefined) as [Side, ...Side[]];
  for (const other of others)
    if (other.shape.join() !== first.shape.join())
      throw new UsageError(
        `missing compares images of one shape: ${first.name} has ${first.shape.join("x")}, ${other.name} ${other.shape.join("x")}`,
      );
}
