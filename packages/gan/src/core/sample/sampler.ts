import { type Device, noGrad, RandomGenerator, scope, torch } from "@gantry/torch";
import { RunError, UsageError } from "../base/errors.js";
import type { Generator } from "../nets/contract.js";
import { StyleLayer } from "../nets/layers/styleLayer.js";
import type { Code, Prior } from "../nets/prior.js";
import type { DataShape } from "../nets/sample.js";
import type { RunDirectory } from "../run/directory.js";
import { rowClasses } from "./classes.js";
import { SampleJudge } from "./judge.js";
import { drawLatents, isGaussian, latentBlocks, requireTruncatable } from "./latents.js";
import { type NetworksOptions, openNetworks } from "./networks.js";
import { standStatistics } from "./standing.js";

/** How a generator makes its samples. */
export interface GeneratorSettings {
  /** Numbers of latents further than this from 0 are drawn anew (BigGAN); default none are. */
  readonly truncation?: number | undefined;
  /** How far intermediate latents are let from their mean, as a factor (StyleGAN); default 1. */
  readonly psi?: number | undefined;
  /** Batches that batch norm's statistics are made anew of, see standStatistics(); default as they were kept. */
  readonly standing?: number | undefined;
  /** What the fixed noise of its layers is multiplied by (StyleGAN); default 1, and 0 leaves it out. */
  readonly noise?: number | undefined;
}

export interface SamplerOptions extends NetworksOptions, GeneratorSettings {
  /** Whether the discriminator is kept, for judged(). Default false. */
  readonly judge?: boolean | undefined;
}

/** Samples some of whose layers take the styles of other latents (StyleGAN). */
export interface StyleMixing {
  /** Latents, one for each sample's. */
  readonly sources: Float32Array;
  /** Whether the layer of this number takes the source's style. */
  takes(layer: number): boolean;
}

/** Some samples, with what the discriminator makes of them. */
export interface JudgedSamples {
  readonly samples: Float32Array;
  /** One each, raw; higher for what looks real. */
  readonly scores: Float32Array;
}

/** A run's generator, out of one of its checkpoints: makes samples, and needs neither the data nor the other players. */
export class Sampler {
  readonly run: RunDirectory;
  /** Iteration of the checkpoint. */
  readonly iteration: number;
  readonly data: DataShape;
  /** Which weights it samples with. */
  readonly weights: "ema" | "raw";
  /** See SamplerOptions; Infinity for none. */
  readonly truncation: number;
  readonly #generator: Generator;
  readonly #judge: SampleJudge | undefined;
  readonly #device: Device;

  private constructor(
    parts: Pick<Sampler, "run" | "iteration" | "data" | "weights" | "truncation">,
    generator: Generator,
    judge: SampleJudge | undefined,
    device: Device,
  ) {
    this.run = parts.run;
    this.iteration = parts.iteration;
    this.data = parts.data;
    this.weights = parts.weights;
    this.truncation = parts.truncation;
    this.#generator = generator;
    this.#judge = judge;
    this.#device = device;
  }

  /**
   * @throws UsageError for a folder that is no run, a checkpoint that is not there, `ema` where the run averages nothing,
   * `truncation` where latents are not Gaussian, `psi` where G has no intermediate latents, `standing` where it has no batch
   * norm, and `judge` where no discriminator is kept, or it judges no single samples; RunError naming a damaged file
   * @example
   * const sampler = await Sampler.open("runs/dcgan-fashion-mnist-0");
   * for (const images of sampler.samples(sampler.latents(64, 0))) console.log(images.length);
   * sampler.close();
   */
  static async open(path: string, options: SamplerOptions = {}): Promise<Sampler> {
    const opened = await openNetworks(path, options, {
      generator: (folder) => new RunError(`${folder}: the checkpoint has no generator`),
      ...(options.judge === true && {
        discriminator: (folder: string) =>
          new UsageError(`${folder}: the checkpoint keeps no discriminator that could rank samples`),
      }),
    });
    const { run, iteration, data, device, weights, game } = opened;
    try {
      const { truncation = Number.POSITIVE_INFINITY } = options;
      const generator = game.network<Generator>("generator");
      adjustGenerator(generator, path, run.config.batch, device, options);
      const judge =
        options.judge === true ? new SampleJudge(game, iteration, run.config.steps, device) : undefined;
      return new Sampler({ run, iteration, data, weights, truncation }, generator, judge, device);
    } catch (error) {
      opened.release();
      throw error;
    }
  }

  get latentSize(): number {
    return this.#generator.prior.size;
  }

  /** What its latents look like and where they come from. */
  get prior(): Prior {
    return this.#generator.prior;
  }

  /** Whether latents lie around a sphere, so that the way between two of them is an arc. */
  get isGaussian(): boolean {
    return isGaussian(this.prior);
  }

  /** The parts of its latents that mean something (InfoGAN); most generators have none. */
  get codes(): readonly Code[] {
    return this.prior.codes;
  }

  /** Sides of the maps that take a style, one for each layer that does; undefined for generators without styles. */
  get styleSides(): readonly number[] | undefined {
    return this.#generator.styleSides;
  }

  /** Number of classes the generator is conditioned on; undefined for none. */
  get classes(): number | undefined {
    return this.#generator.classes;
  }

  /** What these are called in the data; undefined where the run keeps no names. */
  get classNames(): readonly string[] | undefined {
    return this.classes === undefined ? undefined : this.run.record.data?.classNames;
  }

  /**
   * Latents of the prior, one after the other: the same for the same seed, whatever the device.
   * @param truncation see drawLatents(); default the sampler's
   * @throws UsageError for a truncation of latents that are not Gaussian
   */
  latents(count: number, seed: number, truncation = this.truncation): Float32Array {
    return drawLatents(this.prior, count, new RandomGenerator(seed, "cpu"), truncation);
  }

  /** The same in blocks, for any number of them: see latentBlocks(). */
  latentBlocks(count: number, seed: number): IterableIterator<Float32Array> {
    return latentBlocks(this.prior, count, seed, this.truncation);
  }

  /**
   * Samples of these latents, part by part.
   * @param latents one after the other
   * @param labels classes, one a latent, for conditional generators; default class after class
   * @param mixing default none; only with styles
   * @throws RunError for samples that are not finite
   * @returns each part's samples, N*C*H*W (or N*D) numbers, images in [-1, 1]
   */
  *samples(latents: Float32Array, labels?: Int32Array, mixing?: StyleMixing): IterableIterator<Float32Array> {
    for (const { samples } of this.#made(latents, labels, { mixing })) yield samples;
  }

  /**
   * The same, each with its discriminator's score; of a sampler that was opened with `judge`.
   * @throws RunError for samples and scores that are not finite
   */
  *judged(latents: Float32Array, labels?: Int32Array): IterableIterator<JudgedSamples> {
    if (this.#judge === undefined) throw new Error("a sampler judges where it was opened with judge: true");
    for (const { samples, scores } of this.#made(latents, labels, { judge: this.#judge }))
      yield { samples, scores: scores as Float32Array };
  }

  *#made(
    latents: Float32Array,
    labels: Int32Array | undefined,
    { judge, mixing }: { judge?: SampleJudge | undefined; mixing?: StyleMixing | undefined },
  ): IterableIterator<{ samples: Float32Array; scores: Float32Array | undefined }> {
    const size = this.latentSize;
    const count = latents.length / size;
    if (!Number.isInteger(count))
      throw new UsageError(`${latents.length} numbers are no latents of length ${size}`);
    const { batch } = this.run.config;
    for (let from = 0; from < count; from += batch) {
      const end = Math.min(count, from + batch);
      const part = noGrad(() =>
        scope(() => {
          const device = this.#device;
          const part = (all: Float32Array) =>
            torch.fromTypedArray(all.slice(from * size, end * size), [end - from, size]).to({ device });
          const [latent, label] = [part(latents), this.#labels(from, end, labels)];
          const made =
            mixing === undefined
              ? this.#generator.forward(latent, label)
              : this.#generator.mixed(latent, part(mixing.sources), mixing.takes, label);
          return {
            samples: made.to({ device: "cpu" }).toTypedArray() as Float32Array,
            scores: judge?.scores(made, latent, label),
          };
        }),
      );
      for (const [what, numbers] of [
        ["what the generator makes", part.samples],
        ["what the discriminator says", part.scores],
      ] as const)
        if (numbers?.every(Number.isFinite) === false)
          throw new RunError(
            `${this.run.path}: ${what} at iteration ${this.iteration} is not finite, since the training had diverged; use an earlier checkpoint (RUN@STEP)`,
          );
      yield part;
    }
  }

  #labels(from: number, end: number, given: Int32Array | undefined) {
    const { classes } = this;
    if (classes === undefined) return undefined;
    const all = Array.from({ length: classes }, (_, i) => i);
    const labels = given?.slice(from, end) ?? rowClasses(from, end - from, all);
    return torch.fromTypedArray(labels).toCopy({ dtype: "int64", device: this.#device });
  }

  /** Frees the networks. */
  close(): void {
    this.#generator.dispose();
    this.#judge?.close();
  }
}

/**
 * Sets how a generator makes its samples.
 * @throws UsageError for what it has not
 */
export function adjustGenerator(
  generator: Generator,
  path: string,
  batch: number,
  device: Device,
  { psi, standing, noise, truncation = Number.POSITIVE_INFINITY }: GeneratorSettings,
): void {
  generator.train(false);
  if (truncation !== Number.POSITIVE_INFINITY) requireTruncatable(generator.prior);
  if (psi !== undefined) {
    if (generator.psi === undefined)
      throw new UsageError(
        `${path}: psi is how far intermediate latents are from their mean, and these networks have none; leave it out, or truncate the latents themselves`,
      );
    generator.psi = psi;
  }
  if (noise !== undefined) scaleNoise(generator, path, noise);
  if (standing !== undefined) standStatistics(generator, { batches: standing, batch, truncation, device });
}

function scaleNoise(generator: Generator, path: string, by: number): void {
  const layers = generator
    .namedModules()
    .flatMap(([, module]) => (module instanceof StyleLayer ? [module] : []));
  if (layers.length === 0)
    throw new UsageError(
      `${path}: noise is of the layers of StyleGAN's generator, and these networks have none`,
    );
  noGrad(() => {
    for (const { noise } of layers) noise.mul_(by);
  });
}
