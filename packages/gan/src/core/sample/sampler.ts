import { type Device, deviceCount, noGrad, RandomGenerator, scope, type Tensor, torch } from "@gantry/torch";
import { RunError, UsageError } from "../base/errors.js";
import { shellWord } from "../base/shellWord.js";
import { buildGame } from "../config/build.js";
import { validateConfig } from "../config/config.js";
import { recallKernels } from "../config/kernelChoices.js";
import type { Config } from "../config/schema.js";
import { type DataContext, openDataset } from "../data/index.js";
import type { Game } from "../game/game.js";
import type { Generator } from "../nets/contract.js";
import type { Code } from "../nets/prior.js";
import type { DataShape } from "../nets/sample.js";
import { shapeOf } from "../nets/sample.js";
import { notFinite, readCheckpointFile, readState } from "../run/checkpoints.js";
import { type CheckpointChoice, RunDirectory } from "../run/directory.js";
import { describeSource, isForeign } from "../run/imports.js";
import { findNotFinite } from "../state/tensors.js";

export interface SamplerOptions {
  /** The checkpoint; default the newest. */
  readonly iteration?: CheckpointChoice | undefined;
  /** Which weights: default the averaged ones where the run has them. */
  readonly weights?: "ema" | "raw" | undefined;
  /** Default the run's own, or `cpu` where that is not present. */
  readonly device?: Device | undefined;
  /** How far intermediate latents are let from their mean, as a factor (StyleGAN); default 1. */
  readonly psi?: number | undefined;
  readonly context?: Partial<DataContext>;
}

/** Samples some of whose layers take the styles of other latents (StyleGAN). */
export interface StyleMixing {
  /** Latents, one for each sample's. */
  readonly sources: Float32Array;
  /** Whether the layer of this number takes the source's style. */
  takes(layer: number): boolean;
}

/** Images in a row that share a class, where nothing else is asked for. */
const PER_CLASS = 8;

/** A run's generator, out of one of its checkpoints: makes samples, and needs neither the data nor the other players. */
export class Sampler {
  readonly run: RunDirectory;
  /** Iteration of the checkpoint. */
  readonly iteration: number;
  readonly data: DataShape;
  /** Which weights it samples with. */
  readonly weights: "ema" | "raw";
  readonly #generator: Generator;
  readonly #device: Device;

  private constructor(
    run: RunDirectory,
    iteration: number,
    data: DataShape,
    weights: "ema" | "raw",
    generator: Generator,
    device: Device,
  ) {
    this.run = run;
    this.iteration = iteration;
    this.data = data;
    this.weights = weights;
    this.#generator = generator;
    this.#device = device;
  }

  /**
   * @throws UsageError for a folder that is no run, a checkpoint that is not there, `ema` where the run averages nothing,
   * and `psi` where G has no intermediate latents; RunError naming a damaged file
   * @example
   * const sampler = await Sampler.open("runs/dcgan-fashion-mnist-0");
   * for (const images of sampler.samples(sampler.latents(64, 0))) console.log(images.length);
   * sampler.close();
   */
  static async open(path: string, options: SamplerOptions = {}): Promise<Sampler> {
    const opened = await RunDirectory.open(path);
    const run = await opened.checkedBy((config) =>
      validateConfig(config, (kind, name) => isForeign(opened.record.imports, kind, name)),
    );
    const { folder, iteration } = await run.checkpoint(options.iteration);
    const arrays = await readCheckpointFile(folder, "generator.safetensors");
    if (arrays === undefined) throw new RunError(`${folder}: the checkpoint has no generator`);
    const averaged =
      options.weights === "raw"
        ? undefined
        : await readCheckpointFile(folder, "generator.average.safetensors");
    if (options.weights === "ema" && averaged === undefined) {
      throw new UsageError(
        `${path}: the run keeps no average of its weights; use raw ones, or train with --set average.decay=0.999`,
      );
    }
    const own = run.config.device as Device;
    const device = options.device ?? (isPresent(own) ? own : "cpu");
    const data =
      run.record.data ?? shapeOf(await openDataset(run.config.data as { name?: string }, options.context));
    // Its samples are then those of the training, to the bit.
    recallKernels(await readState(folder));
    const game = await buildSampled(run, { ...run.config, device }, data);
    const generator = game.network<Generator>("generator");
    for (const { name, network } of game.players.values()) if (name !== "generator") network.dispose();
    try {
      scope(() =>
        generator.loadStateDict(
          new Map(
            // Averages are of parameters only; buffers are the network's own.
            [...arrays, ...(averaged ?? [])].map(([name, { data: bytes, shape, dtype }]) => [
              name,
              torch.fromBytes(bytes, shape, dtype),
            ]),
          ),
        ),
      );
    } catch (error) {
      generator.dispose();
      const foreign = foreignTerms(run);
      throw foreign.length > 0
        ? needsTerms(run, foreign, error)
        : new RunError(
            `${folder}: the checkpoint does not fit the run's config.json: ${(error as Error).message}`,
            { cause: error },
          );
    }
    const strange = findNotFinite(generator.stateDict());
    if (strange !== undefined) {
      generator.dispose();
      throw new RunError(notFinite(folder, `${strange} of the generator`));
    }
    generator.train(false);
    if (options.psi !== undefined) {
      if (generator.psi === undefined) {
        generator.dispose();
        throw new UsageError(
          `${path}: psi is how far intermediate latents are from their mean, and these networks have none; leave it out, or truncate the latents themselves`,
        );
      }
      generator.psi = options.psi;
    }
    return new Sampler(run, iteration, data, averaged === undefined ? "raw" : "ema", generator, device);
  }

  get latentSize(): number {
    return this.#generator.prior.size;
  }

  /** Whether latents lie around a sphere, so that the way between two of them is an arc. */
  get isGaussian(): boolean {
    return this.#generator.prior.distribution === "normal" && this.codes.length === 0;
  }

  /** The parts of its latents that mean something (InfoGAN); most generators have none. */
  get codes(): readonly Code[] {
    return this.#generator.prior.codes;
  }

  /** Sides of the maps that take a style, one for each layer that does; undefined for generators without styles. */
  get styleSides(): readonly number[] | undefined {
    return this.#generator.styleSides;
  }

  /** Number of classes the generator is conditioned on; undefined for none. */
  get classes(): number | undefined {
    return this.#generator.classes;
  }

  /**
   * Latents of the prior, one after the other: the same for the same seed, whatever the device.
   * @param truncation numbers further than this from 0 are drawn anew until they are not: fewer kinds of images, and
   * likelier ones (Brock et al. 2019, BigGAN, section 3.1); default none are
   * @throws UsageError for latents that are not Gaussian
   */
  latents(count: number, seed: number, truncation = Number.POSITIVE_INFINITY): Float32Array {
    const random = new RandomGenerator(seed, "cpu");
    const numbers = (draw: () => Tensor) => scope(() => draw().toTypedArray()) as Float32Array;
    const latents = numbers(() => this.#generator.prior.sample(count, random));
    if (truncation === Number.POSITIVE_INFINITY) return latents;
    if (!this.isGaussian)
      throw new UsageError(
        this.codes.length > 0
          ? "truncation would cut the codes of these latents; leave it out"
          : "truncation is for latents of N(0, 1), and this run's are not; train with net.prior.distribution=normal",
      );
    const beyond: number[] = [];
    for (let at = 0; at < latents.length; at++)
      if (Math.abs(latents[at] as number) > truncation) beyond.push(at);
    while (beyond.length > 0) {
      const anew = numbers(() => torch.randn([beyond.length], { generator: random }));
      let left = 0;
      for (const [i, at] of beyond.entries()) {
        latents[at] = anew[i] as number;
        if (Math.abs(latents[at] as number) > truncation) beyond[left++] = at;
      }
      beyond.length = left;
    }
    return latents;
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
          const images =
            mixing === undefined
              ? this.#generator.forward(latent, label)
              : this.#generator.mixed(latent, part(mixing.sources), mixing.takes, label);
          return images.to({ device: "cpu" }).toTypedArray();
        }),
      ) as Float32Array;
      if (!part.every(Number.isFinite))
        throw new RunError(
          `${this.run.path}: what the generator makes at iteration ${this.iteration} is not finite, since the training had diverged; use an earlier checkpoint (RUN@STEP)`,
        );
      yield part;
    }
  }

  #labels(from: number, end: number, given: Int32Array | undefined) {
    const { classes } = this;
    if (classes === undefined) return undefined;
    const labels =
      given?.slice(from, end) ??
      Int32Array.from({ length: end - from }, (_, i) => Math.floor((from + i) / PER_CLASS) % classes);
    return torch.fromTypedArray(labels).toCopy({ dtype: "int64", device: this.#device });
  }

  /** Frees the generator. */
  close(): void {
    this.#generator.dispose();
  }
}

/** The run's terms that are not known here, or look through a network that is not, by their place in the configuration. */
const foreignTerms = ({ config, record }: RunDirectory): [key: string, name: string][] =>
  Object.entries(config.terms).flatMap(([key, { term = key, network }]): [string, string][] => {
    const looks = typeof network === "string" && isForeign(record.imports, "network family", network);
    return looks || isForeign(record.imports, "term", term) ? [[key, term]] : [];
  });

/**
 * The game of a run, without terms that came from outside and are not known here: what trains D is not needed.
 * @throws UsageError where it is, and where the networks are not known here
 */
async function buildSampled(run: RunDirectory, config: Config, data: DataShape): Promise<Game> {
  const { imports } = run.record;
  const { family } = config.net;
  if (isForeign(imports, "network family", family))
    throw new UsageError(
      `${run.path}: its generator is of the family '${family}', which came from outside and is not run unasked; to have it: --import ${shellWord(describeSource(imports, "network family", family))}`,
    );
  const foreign = foreignTerms(run);
  if (foreign.length === 0) return await buildGame(config, data);
  const keys = foreign.map(([key]) => key);
  const known = Object.entries(config.terms).filter(([key]) => !keys.includes(key));
  try {
    return await buildGame({ ...config, terms: Object.fromEntries(known) }, data);
  } catch (error) {
    throw error instanceof UsageError ? needsTerms(run, foreign, error) : error;
  }
}

function needsTerms(
  { path, record }: RunDirectory,
  foreign: readonly (readonly [key: string, name: string])[],
  cause: unknown,
): UsageError {
  const names = foreign.map(([, name]) => name);
  const files = [...new Set(names.map((name) => describeSource(record.imports, "term", name)))];
  return new UsageError(
    `${path}: its generator cannot be had without the term${names.length === 1 ? "" : "s"} ${names.join(", ")}, which came from outside and ${names.length === 1 ? "is" : "are"} not run unasked; to have ${names.length === 1 ? "it" : "them"}: ${files.map((file) => `--import ${shellWord(file)}`).join(" ")} (${(cause as Error).message})`,
    { cause },
  );
}

function isPresent(device: string): boolean {
  const [kind = "cpu", index = "0"] = device.split(":");
  return Number(index) < deviceCount(kind as "cpu" | "cuda" | "mps");
}
