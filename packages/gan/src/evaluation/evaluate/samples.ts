import { distributed } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import type { DataContext, Parts } from "../../core/data/index.js";
import { type ExtractionOptions, ImageSamples } from "../metrics/features/extractor.js";
import type { FeatureNetwork } from "../metrics/features/network.js";
import { type ImageSource, memoryImages } from "../metrics/images.js";
import type { MetricDefinition, Need, SamplePair, Samples } from "../metrics/metric.js";
import { partsOf } from "../metrics/modeCoverage.js";
import { pointSamples, unseen } from "../metrics/pointSamples.js";
import type { EvaluationRequest } from "./request.js";
import type { ImageSide, Side } from "./side.js";
import { type LookOrder, type SideName, tellOthers } from "./together.js";

/** Samples of a generator where nothing is said. */
const GENERATED = { images: 10_000, points: 2500 } as const;

/** A metric that is to be computed, its options checked. */
export interface ChosenMetric {
  readonly definition: MetricDefinition;
  readonly options: Record<string, unknown>;
  /** The seed that its first repeat draws by; undefined for metrics that draw nothing. */
  readonly seed: number | undefined;
}

/** What a network is to look at: whole images, or parts of them. */
export interface View {
  readonly parts: Parts | undefined;
  readonly network: FeatureNetwork | undefined;
  /** Of the network. */
  readonly source: string;
  readonly accuracy: number | null;
  readonly needs: ReadonlySet<Need>;
  readonly metrics: readonly ChosenMetric[];
}

export interface OpenSides {
  readonly subject: Side;
  readonly against: Side | undefined;
  readonly test: Side | undefined;
  /** Whether the subject is of a run that was trained on `against`. */
  readonly isOwnData: boolean;
}

/**
 * How many samples of a side: as many as asked for, or all it has.
 * @throws {UsageError} it has fewer
 */
export function countOf(what: string, asked: number | undefined, { name, count, kind }: Side): number {
  if (count === undefined) return asked ?? GENERATED[kind];
  if (asked !== undefined && asked > count)
    throw new UsageError(`${name} has ${count} ${kind}, fewer than the ${asked} ${what} asked for`);
  return asked ?? count;
}

/** What a view's metrics see of each side, made again only where another seed makes it another. */
export class Sides {
  readonly #view: View;
  readonly #request: EvaluationRequest;
  readonly #context: DataContext;
  readonly #known = new Map<string, Samples>();
  readonly #owned = new Map<string, ImageSamples>();
  readonly #place: number | undefined;
  /** What rank 0 asked for last. */
  #helped:
    | { readonly key: string; readonly source: ImageSource; readonly samples: ImageSamples | undefined }
    | undefined;
  #fixed = true;

  /** @param place of the view, where other processes look at its images too */
  constructor(view: View, request: EvaluationRequest, context: DataContext, place?: number) {
    this.#view = view;
    this.#request = request;
    this.#context = context;
    this.#place = place;
  }

  /** Whether every repeat sees the same samples. */
  get isFixed(): boolean {
    return this.#fixed;
  }

  async pair(
    { subject, against, test, isOwnData }: OpenSides,
    counts: { readonly fake: number; readonly real: number },
    seed: number,
  ): Promise<SamplePair> {
    const judged = test === undefined ? 0 : countOf("", undefined, test);
    return {
      fake: await this.#samples("fake", subject, counts.fake, seed),
      real: against && (await this.#samples("real", against, counts.real, seed)),
      test: test && (await this.#samples("test", test, judged, seed)),
      discriminator: subject.discriminator,
      isOwnData,
    };
  }

  async #samples(name: SideName, side: Side, count: number, seed: number): Promise<Samples> {
    const known = this.#known.get(name);
    const all = count === side.count;
    if (known !== undefined && all) return known;
    if (!all) this.#fixed = false;
    this.#owned.get(name)?.close();
    this.#owned.delete(name);
    const samples =
      side.kind === "points"
        ? pointSamples(side.points(count, seed), side.shape[0] ?? 2, side.modes)
        : await this.#look(name, side, count, seed);
    this.#known.set(name, samples);
    return samples;
  }

  async #look(name: SideName, side: ImageSide, count: number, seed: number): Promise<Samples> {
    const { needs, network } = this.#view;
    let source = side.images(count, seed);
    const share = (what: LookOrder["what"]) => {
      const view = this.#place;
      if (view === undefined) return undefined;
      return (start: number, end: number) => tellOthers({ what, view, side: name, count, seed, start, end });
    };
    // Not made once for the network and again for every judge; and some can be read only once.
    if (side.count === undefined && needs.has("images"))
      source = await inMemory(source, this.#context, share("draw"));
    if (network === undefined || name === "test") return plainSamples(source);
    const keep = new Set(needs);
    // Moments alone need no features; but where those can be kept, an interrupted evaluation goes on where it was.
    if (needs.has("moments") && source.digest !== undefined) keep.add("features");
    const samples = this.#samplesOf(source, { keep: [...keep], share: share("look") }) as ImageSamples;
    this.#owned.set(name, samples);
    return samples;
  }

  /** Takes this process's part of what rank 0 asks all for. Nothing is kept here. */
  async help(side: ImageSide, { what, side: name, count, seed, start, end }: LookOrder): Promise<void> {
    const key = JSON.stringify([name, count, seed]);
    if (this.#helped?.key !== key) {
      this.#helped?.samples?.close();
      const source = side.images(count, seed);
      this.#helped = {
        key,
        source,
        samples: this.#samplesOf(source, { cache: false, share: async () => {} }),
      };
    }
    const { source, samples } = this.#helped;
    if (what === "draw") await readTogether(source, start, end, this.#context.signal);
    else await samples?.look(start, end);
  }

  #samplesOf(source: ImageSource, options: ExtractionOptions): ImageSamples | undefined {
    const { network, parts } = this.#view;
    return (
      network &&
      new ImageSamples(
        parts === undefined ? source : partsOf(source, parts),
        network,
        { ...extraction(this.#request), ...options },
        this.#context,
      )
    );
  }

  close(): void {
    for (const samples of this.#owned.values()) samples.close();
    this.#helped?.samples?.close();
  }
}

export function extraction({ resize, colour }: EvaluationRequest) {
  return { ...(resize === undefined ? {} : { resize }), ...(colour === undefined ? {} : { colour }) };
}

/** Images made at a time, and by several processes: each makes some of these pieces. */
const PIECE = 256;

/** Images of a source of which each of several processes reads some pieces, and all have all. */
async function readTogether(
  source: ImageSource,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const size = source.shape[0] * source.shape[1] * source.shape[2];
  const data = new Uint8Array((end - start) * size);
  const [rank, processes] = [distributed.rank(), distributed.size()];
  for (let at = start + rank * PIECE; at < end; at += processes * PIECE) {
    signal?.throwIfAborted();
    data.set(await source.read(at, Math.min(end, at + PIECE)), (at - start) * size);
  }
  return await distributed.sumArrays(data);
}

/** All images of a source in memory. */
async function inMemory(
  source: ImageSource,
  { signal, onProgress }: DataContext,
  share: ExtractionOptions["share"],
): Promise<ImageSource> {
  const size = source.shape[0] * source.shape[1] * source.shape[2];
  const data = new Uint8Array(source.count * size);
  const step = share === undefined ? PIECE : PIECE * distributed.size();
  for (let start = 0; start < source.count; start += step) {
    signal?.throwIfAborted();
    const end = Math.min(source.count, start + step);
    await share?.(start, end);
    const read = share === undefined ? source.read(start, end) : readTogether(source, start, end, signal);
    data.set(await read, start * size);
    onProgress({ what: `drawing ${source.name}`, done: end, total: source.count, unit: "images" });
  }
  const { name, shape, digest, quantisation } = source;
  return { ...memoryImages(name, data, shape, digest), quantisation };
}

/** Images that no network looks at. */
function plainSamples(source: ImageSource): Samples {
  return {
    count: source.count,
    network: undefined,
    conventions: { quantisation: source.quantisation },
    images: () => source,
    features: unseen,
    logits: unseen,
    moments: unseen,
  };
}
