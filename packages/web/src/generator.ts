import type * as Runtime from "onnxruntime-web";
import { type Description, describe } from "./description.js";
import { normal } from "./draw.js";
import { drawLatents } from "./latents.js";
import { MersenneTwister } from "./mersenneTwister.js";

/** Where G runs: on the graphics card, or by WebAssembly on the processor. */
export type Provider = "webgpu" | "wasm";

export interface SampleRequest {
  /** Of the latents: 0 to 2^53 - 1; default 0. */
  readonly seed?: number | undefined;
  /** How many; default 1, or as many as there are latents. */
  readonly count?: number | undefined;
  /** For generators with classes: a number from 0, or a name; one for all, or one each. Default 0, 1, 2, ... and from 0 again. */
  readonly class?: number | string | readonly (number | string)[] | undefined;
  /** How far intermediate latents are let from their mean, as a factor (StyleGAN); default 1. */
  readonly psi?: number | undefined;
  /** How strong the noise of G's layers is (StyleGAN), drawn by the seed; default 0, as `gantry sample --noise 0` has it. */
  readonly noise?: number | undefined;
  /** Numbers of latents further than this from 0 are drawn anew (BigGAN); default none are. */
  readonly truncation?: number | undefined;
  /** Latents, one after the other, instead of drawn ones. */
  readonly latents?: Float32Array | undefined;
}

/** A picture as a canvas takes it: `new ImageData(data, width)`. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha, row by row. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** What a generator made. */
export class Samples {
  constructor(
    /** Images one after the other, each channel by channel, in [-1, 1]; points one after the other. */
    readonly data: Float32Array,
    /** Of one: [C, H, W], or [D]. */
    readonly shape: readonly number[],
    readonly latents: Float32Array,
    readonly classes: readonly number[] | undefined,
  ) {}

  get count(): number {
    return this.data.length / this.shape.reduce((product, size) => product * size, 1);
  }

  /**
   * One image.
   * @throws Error where samples are no images of one or three channels
   */
  picture(index: number): Picture {
    const [channels = 0, height, width] = this.shape;
    if (height === undefined || width === undefined || (channels !== 1 && channels !== 3))
      throw new Error(`samples of [${this.shape}] are no pictures`);
    const size = height * width;
    const data = new Uint8ClampedArray(4 * size).fill(255);
    for (let channel = 0; channel < 3; channel++) {
      const from = (index * channels + (channels === 1 ? 0 : channel)) * size;
      for (let i = 0; i < size; i++) data[4 * i + channel] = (this.data[from + i]! + 1) * 127.5;
    }
    return { width, height, data };
  }
}

/** A generator that Gantry trained, in a browser (or in Node). */
export class Generator {
  readonly description: Description;
  readonly provider: Provider;
  readonly #session: Runtime.InferenceSession;
  readonly #runtime: typeof Runtime;
  /** Inputs by name, with the shape of one. */
  readonly #inputs: ReadonlyMap<string, readonly (number | string)[]>;

  constructor(
    description: Description,
    provider: Provider,
    session: Runtime.InferenceSession,
    runtime: typeof Runtime,
  ) {
    this.description = description;
    this.provider = provider;
    this.#session = session;
    this.#runtime = runtime;
    this.#inputs = new Map(
      session.inputMetadata.map((input) => [input.name, input.isTensor ? input.shape : []]),
    );
  }

  /** Whether it has intermediate latents that psi brings closer to their mean. */
  get hasPsi(): boolean {
    return this.#inputs.has("psi");
  }

  /** Whether its layers take noise. */
  get hasNoise(): boolean {
    return this.#inputs.has("noise.0");
  }

  /** The latents of a seed: see drawLatents(). */
  latents(seed: number, count = 1, truncation?: number): Float32Array {
    return drawLatents(this.description.prior, count, seed, truncation);
  }

  /**
   * Makes samples: those of `gantry sample` for the same seed, count and class, but for rounding.
   * @throws Error for what the generator has not (a class, psi), and latents of another length
   * @example
   * const generator = await loadGenerator("generator.onnx");
   * const samples = await generator.sample({ seed: 7, class: "cat" });
   * const { data, width } = samples.picture(0);
   * canvas.getContext("2d").putImageData(new ImageData(data, width), 0, 0);
   */
  async sample(request: SampleRequest = {}): Promise<Samples> {
    const { size } = this.description.prior;
    const latents =
      request.latents ?? this.latents(request.seed ?? 0, request.count ?? 1, request.truncation);
    const count = latents.length / size;
    if (!Number.isInteger(count) || count === 0)
      throw new Error(`${latents.length} numbers are no latents of length ${size}`);
    const classes = this.#classes(request.class, count);
    if (request.psi !== undefined && !this.hasPsi)
      throw new Error("psi is for generators with intermediate latents, as StyleGAN's");
    const { Tensor } = this.#runtime;
    const feeds: Record<string, Runtime.Tensor> = { latents: new Tensor("float32", latents, [count, size]) };
    if (classes !== undefined)
      feeds.class = new Tensor("int64", BigInt64Array.from(classes, BigInt), [count]);
    if (this.hasPsi) feeds.psi = new Tensor("float32", Float32Array.of(request.psi ?? 1), []);
    Object.assign(feeds, this.#noises(request));
    const { images } = await this.#session.run(feeds);
    if (images === undefined) throw new Error("the file has no output 'images'");
    const data = (await images.getData()) as Float32Array;
    return new Samples(data, images.dims.slice(1), latents, classes);
  }

  #noises({ noise = 0, seed = 0 }: SampleRequest): Record<string, Runtime.Tensor> {
    const random = new MersenneTwister(seed);
    const found: Record<string, Runtime.Tensor> = {};
    for (const [name, shape] of this.#inputs) {
      if (!name.startsWith("noise.")) continue;
      const sizes = shape.map((size) => (typeof size === "number" ? size : 1));
      const count = sizes.reduce((product, size) => product * size, 1);
      const values =
        noise === 0 ? new Float32Array(count) : normal(random, count).map((value) => value * noise);
      found[name] = new this.#runtime.Tensor("float32", values, sizes);
    }
    return found;
  }

  #classes(asked: SampleRequest["class"], count: number): number[] | undefined {
    const { classes } = this.description;
    if (classes === undefined) {
      if (asked !== undefined) throw new Error("this generator takes no classes");
      return undefined;
    }
    if (asked === undefined) return Array.from({ length: count }, (_, i) => i % classes.count);
    const list = typeof asked === "object" ? asked : Array<number | string>(count).fill(asked);
    if (list.length !== count) throw new Error(`${list.length} classes for ${count} samples`);
    return list.map((each) => {
      const found = typeof each === "number" ? each : (classes.names?.indexOf(each) ?? -1);
      if (Number.isInteger(found) && found >= 0 && found < classes.count) return found;
      throw new Error(
        `there is no class ${JSON.stringify(each)}; there are ${classes.names?.join(", ") ?? classes.count}`,
      );
    });
  }

  /** Frees what it holds. */
  async close(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * Opens a generator's file with a runtime that is there already.
 * @throws Error for a file that is no generator's, and a provider that cannot run it
 */
export async function openGenerator(
  bytes: Uint8Array,
  runtime: typeof Runtime,
  provider: Provider,
): Promise<Generator> {
  const description = describe(bytes);
  const session = await runtime.InferenceSession.create(bytes, {
    executionProviders: [provider],
    // Errors alone: what is slower on the processor is left to it, and no news.
    logSeverityLevel: 3,
  });
  return new Generator(description, provider, session, runtime);
}
