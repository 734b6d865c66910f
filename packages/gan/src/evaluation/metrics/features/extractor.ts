import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { distributed, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../../../core/base/errors.js";
import { cacheKey } from "../../../core/data/cache.js";
import { type DataContext, dataContext } from "../../../core/data/context.js";
import { imageFitter } from "../../../core/data/resize.js";
import type { ImageSource } from "../images.js";
import type { Conventions, Need, Samples } from "../metric.js";
import { Moments } from "../moments.js";
import { MemoryTable, type Table } from "../table.js";
import type { FeatureNetwork, Resize } from "./network.js";
import { loadStatistics, saveStatistics } from "./statistics.js";
import { TableStore } from "./store.js";

export interface ExtractionOptions {
  /** What metrics will ask for; what is not asked for is not kept. Default features and logits. */
  readonly keep?: readonly Need[];
  /**
   * Images of another size than the network's own: `refuse` (default), or scale them by Lanczos 3. A network that takes
   * any size, as Inception, was opened with its way of resizing.
   */
  readonly resize?: Resize;
  /** Colour images for a network of grey ones: `refuse` (default), or their luma (ITU-R BT.601). */
  readonly colour?: "refuse" | "luma";
  /** Images seen by the network at once. Default 64. */
  readonly batch?: number;
  /** Keep what was computed in Gantry's home, for images that have a digest. Default true. */
  readonly cache?: boolean;
  /** Images that are kept, and resumed after, together. Default 1024. */
  readonly chunk?: number;
  /**
   * Of several processes: called before images are looked at, so that the others look at them too. Each takes its batches, and
   * all have all rows. Default: this one looks alone.
   */
  readonly share?: ((start: number, end: number) => Promise<void>) | undefined;
}

type Rows = Record<"features" | "logits", Float32Array>;

/** Brings the bytes of images to what a network takes. */
interface Preparation {
  readonly conventions: Conventions;
  /**
   * @param images N*C*H*W bytes
   * @returns uint8 N,C,H,W of the network's channels and size, in the caller's scope
   */
  prepare(images: Uint8Array, count: number): Promise<() => Tensor>;
}

/**
 * Images seen through a feature network: each is looked at once, whatever metrics ask. Features are kept on the disk for
 * images that have a digest (see `TableStore`), so that an interrupted evaluation goes on where it was, and the
 * moments of reference images are kept by digest, preparation and network. Call `close` when done.
 */
export class ImageSamples implements Samples {
  readonly count: number;
  readonly network: string;
  readonly parts: number;
  readonly conventions: Conventions;
  readonly #source: ImageSource;
  readonly #network: FeatureNetwork;
  readonly #context: DataContext;
  readonly #preparation: Preparation;
  readonly #keep: ReadonlySet<Need>;
  readonly #batch: number;
  readonly #chunk: number;
  readonly #share: ExtractionOptions["share"];
  /** Under what it is kept; undefined for what is not. */
  readonly #key: string | undefined;
  readonly #stores: TableStore[] = [];
  #extracted: Promise<Extracted> | undefined;
  #moments: Promise<Moments> | undefined;

  /**
   * @param context progress, notices, the signal that stops it, and where Gantry's home is
   * @throws {UsageError} no images, or of a size or colour that the network does not take and the options do not convert
   */
  constructor(
    source: ImageSource,
    network: FeatureNetwork,
    options: ExtractionOptions = {},
    context: Partial<DataContext> = {},
  ) {
    if (source.count === 0) throw new UsageError(`${source.name} has no images to evaluate`);
    this.#source = source;
    this.#network = network;
    this.#context = dataContext(context);
    this.#preparation = preparationOf(source, network, options);
    this.#keep = new Set(options.keep ?? ["features", "logits"]);
    this.#batch = options.batch ?? 64;
    this.#chunk = options.chunk ?? 1024;
    this.#share = options.share;
    this.count = source.count;
    this.parts = source.parts ?? 1;
    this.network = network.name;
    this.conventions = {
      quantisation: source.quantisation,
      ...this.#preparation.conventions,
      weights: network.weights,
    };
    if (source.digest !== undefined && (options.cache ?? true))
      this.#key = cacheKey({
        network: network.identity,
        images: source.digest,
        count: source.count,
        preparation: this.#preparation.conventions,
      });
  }

  images(): ImageSource {
    return this.#source;
  }

  features(): Promise<Table> {
    return this.#table("features");
  }

  logits(): Promise<Table> {
    return this.#table("logits");
  }

  moments(): Promise<Moments> {
    this.#moments ??= this.#computeMoments();
    return this.#moments;
  }

  /** Closes the files of kept features. Tables cannot be read afterwards. */
  close(): void {
    for (const store of this.#stores.splice(0)) store.close();
  }

  async #computeMoments(): Promise<Moments> {
    const key = this.#key;
    const known = key === undefined ? undefined : await loadStatistics(key, this.#context);
    if (known?.dimension === this.#network.featureSize && known.count === this.count) return known;
    const { moments, tables } = await this.#extract();
    const found = moments ?? Moments.of(tables.get("features")!);
    if (key !== undefined) await saveStatistics(key, found, this.#context);
    return found;
  }

  async #table(name: "features" | "logits"): Promise<Table> {
    if (!this.#keep.has(name)) throw new TypeError(`these samples were made without keeping ${name}`);
    const { tables } = await this.#extract();
    return tables.get(name)!;
  }

  #extract(): Promise<Extracted> {
    this.#extracted ??= this.#run();
    return this.#extracted;
  }

  async #run(): Promise<Extracted> {
    const { count } = this;
    const widths = { features: this.#network.featureSize, logits: this.#network.classes };
    const names = (["features", "logits"] as const).filter((name) => this.#keep.has(name));
    const stores = new Map<string, TableStore>();
    const memory = new Map<string, Float32Array>();
    for (const name of names) {
      if (this.#key === undefined) {
        memory.set(name, new Float32Array(count * widths[name]));
        continue;
      }
      const folder = join(this.#context.home, "cache", "features", this.#key);
      const store = new TableStore(folder, name, count, widths[name], this.#chunk);
      this.#stores.push(store);
      stores.set(name, store);
      if (store.damaged.length > 0)
        this.#context.onNotice(
          `${store.damaged.length} of the kept ${name} of ${this.#source.name} were damaged, and are computed again`,
        );
    }
    const moments = this.#keep.has("features") ? undefined : new Moments(widths.features);
    for (let chunk = 0; chunk * this.#chunk < count; chunk++) {
      const start = chunk * this.#chunk;
      const end = Math.min(count, start + this.#chunk);
      const known = moments === undefined && names.every((name) => stores.get(name)?.has(chunk));
      if (!known) {
        const rows = await this.look(start, end);
        for (const name of names) {
          stores.get(name)?.write(chunk, rows[name]);
          memory.get(name)?.set(rows[name], start * widths[name]);
        }
        moments?.add(rows.features);
      }
      this.#progress(end);
    }
    const tables = new Map<string, Table>(stores);
    for (const [name, rows] of memory)
      tables.set(name, new MemoryTable(rows, widths[name as "features" | "logits"]));
    return { tables, moments };
  }

  /** Features and logits of some images, batch by batch; of several processes each has its batches, and all come together. */
  async look(start: number, end: number): Promise<Rows> {
    await this.#share?.(start, end);
    const { featureSize, classes } = this.#network;
    const features = new Float32Array((end - start) * featureSize);
    const logits = new Float32Array((end - start) * classes);
    const [rank, size] = this.#share === undefined ? [0, 1] : [distributed.rank(), distributed.size()];
    for (let at = start + rank * this.#batch; at < end; at += size * this.#batch) {
      this.#context.signal?.throwIfAborted();
      const next = Math.min(end, at + this.#batch);
      const tensor = await this.#preparation.prepare(await this.#source.read(at, next), next - at);
      const found = noGrad(() =>
        scope(() => {
          const rows = this.#network.forward(tensor());
          return {
            features: rows.features.toTypedArray() as Float32Array,
            logits: rows.logits.toTypedArray() as Float32Array,
          };
        }),
      );
      features.set(found.features, (at - start) * featureSize);
      logits.set(found.logits, (at - start) * classes);
      this.#progress(next);
      await setImmediate();
    }
    if (this.#share === undefined) return { features, logits };
    // What others looked at is zero here.
    return {
      features: await distributed.sumArrays(features),
      logits: await distributed.sumArrays(logits),
    };
  }

  #progress(done: number): void {
    const what = `looking at ${this.#source.name} through ${this.network}`;
    this.#context.onProgress({ what, done, total: this.count, unit: "images" });
  }
}

interface Extracted {
  readonly tables: ReadonlyMap<string, Table>;
  /** Where the features were not kept. */
  readonly moments: Moments | undefined;
}

function preparationOf(
  { name, shape }: ImageSource,
  network: FeatureNetwork,
  { resize = "refuse", colour = "refuse" }: ExtractionOptions,
): Preparation {
  const [channels, height, width] = shape;
  const { channels: wanted, size } = network.input;
  const toGrey = channels === 3 && wanted === 1;
  const scaled = size !== undefined && (height !== size || width !== size);
  if (channels !== wanted && !(channels === 1 && wanted === 3) && !(toGrey && colour === "luma")) {
    const remedy = toGrey ? ": --colour luma makes them grey; or choose a --network for colour" : "";
    throw new UsageError(
      `${name} has images of ${channels} channels, and ${network.name} takes ${wanted}${remedy}`,
    );
  }
  if (size !== undefined && resize !== "refuse" && resize !== "lanczos3")
    throw new UsageError(
      `--resize ${resize} is a way to Inception's size, and ${network.name} has its own: leave it out, or say --resize lanczos3`,
    );
  if (scaled && resize === "refuse")
    throw new UsageError(
      `${name} has images of ${width}x${height}, and ${network.name} is made for ${size}x${size}: --resize lanczos3 brings them to it; or choose another --network`,
    );
  const fit = scaled ? imageFitter([channels, height, width], size, "resize") : undefined;
  return {
    conventions: {
      resize: size === undefined ? network.resize : scaled ? `lanczos3 ${size}` : "none",
      colour: channels === wanted ? "none" : toGrey ? "luma" : "grey repeated",
    },
    async prepare(images, count) {
      let bytes = images;
      let extent = [height, width];
      if (fit !== undefined && size !== undefined) {
        const [from, to] = [channels * height * width, channels * size * size];
        bytes = new Uint8Array(count * to);
        for (let image = 0; image < count; image++)
          bytes.set(fit(images.subarray(image * from, (image + 1) * from)), image * to);
        extent = [size, size];
      }
      return () => {
        const tensor = torch.fromTypedArray(bytes, [count, channels, ...extent]);
        if (toGrey) {
          const shares = torch.tensor([0.299, 0.587, 0.114]).reshape([1, 3, 1, 1]);
          return tensor.to({ dtype: "float32" }).mul(shares).sum(1, true).round().to({ dtype: "uint8" });
        }
        return channels === wanted ? tensor : tensor.expand([count, wanted, ...extent]);
      };
    },
  };
}
