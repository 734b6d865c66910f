import { type Device, defaultGenerator, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import type { Config } from "../../core/config/schema.js";
import { type Dataset, isPoints, Random } from "../../core/data/index.js";
import type { Game } from "../../core/game/game.js";
import type { Discriminator, Generator } from "../../core/nets/contract.js";
import { rowClasses } from "../../core/sample/classes.js";
import { scorePoints } from "../metrics/points.js";
import {
  copies,
  type Distances,
  distancesBetween,
  energy,
  meanWithin,
  medianNearest,
  ownNearest,
  separation,
} from "./distances.js";
import type { Reading } from "./history.js";
import { weightSignals } from "./weights.js";

/** What signals are measured of: a trainer, between two of its iterations. */
export interface Measured {
  readonly config: Config;
  readonly dataset: Dataset;
  readonly game: Game;
  readonly iteration: number;
  generate(options: { count: number; seed?: number }): Tensor;
}

/** Samples that are looked at, and as many reals. */
const IMAGES = 64;
const POINTS = 128;
/** Points among which modes are counted. */
const COUNTED_POINTS = 256;
/** Images are compared at no more than so many pixels a side, by means of squares of pixels. */
const SIDE = 16;
/** Copies are looked for among no more images than these. */
const SEARCHED = 2000;
/** Of a sample's distances to the nearest image and to the second nearest, see copies(). */
export const COPY_RATIO = 1 / 3;
/** Latents and reals that are looked at are not those of the sample grid, nor drawn from the training's state. */
const SEED = 0x51e5;

/** Iterations between two readings, so that they take less than a hundredth of the time: see bench/cases/signals.mjs. */
export const APART = { images: 100, points: 300 } as const;

/** How often a training is looked at: a hundred times, or less often where that would cost more. */
export const readingEvery = ({ steps }: Config, kind: Dataset["kind"]): number =>
  Math.max(APART[kind], Math.ceil(steps / 100));

/**
 * Measures signals of a training. Samples and reals are the same ones every time; nothing of the training changes, its random
 * state included.
 *
 * - `spread/pixels`: mean distance between samples, as a share of that between as many reals; images as squares of pixels
 * - `nearest/pixels`: median distance from a sample to the nearest other, likewise
 * - `spread/features`, `nearest/features`: the same of what D makes of them
 * - `energy`: energy distance to reals, as a share of the distance between reals; 0 for the same distribution
 * - `own-nearest`: share of samples and reals whose nearest neighbour is of their own side; 0.5 for the same distribution
 * - `moved`: mean distance from a latent's sample to what it was at the reading before, as `spread/pixels`
 * - `separation`: probability that D's score of a real is above that of a sample
 * - `modes`, `quality`: of points: share of the modes, and of the samples that lie close to one
 * - `copies`, `copies/reals`: of few images: share of samples that are much nearer to one image than to any other; the same of
 *   reals, each held out from the rest
 * - and those of weightSignals()
 */
export class SignalMeter {
  readonly #of: Measured;
  readonly #count: number;
  readonly #real: Tensor;
  readonly #reals: Tensor;
  readonly #withinReals: Distances;
  readonly #searched: Tensor | undefined;
  readonly #copiesOfReals: number;
  #before: Float32Array | undefined;

  constructor(of: Measured) {
    this.#of = of;
    const { dataset, config } = of;
    const points = isPoints(dataset);
    this.#count = Math.min(dataset.count, points ? POINTS : Math.min(IMAGES, config.batch));
    const random = new Random(SEED);
    const chosen = new Set<number>();
    while (chosen.size < this.#count) chosen.add(random.integer(dataset.count));
    const indices = [...chosen];
    this.#labels = dataset.labels(indices);
    const made = scope(() => {
      const real = itemsOf(dataset, indices);
      const reals = reduced(real);
      const searched =
        points || dataset.count > SEARCHED || dataset.count < 3
          ? undefined
          : reduced(
              itemsOf(
                dataset,
                Array.from({ length: dataset.count }, (_, i) => i),
              ),
            );
      const toOthers = searched && withoutSelf(distancesBetween(reals, searched), indices);
      return {
        real: real.toTypedArray() as Float32Array,
        shape: real.shape,
        reals: reals.toTypedArray() as Float32Array,
        width: reals.size(1),
        searched: searched?.toTypedArray() as Float32Array | undefined,
        within: distancesBetween(reals, reals),
        copied: toOthers === undefined ? 0 : copies(toOthers, COPY_RATIO),
      };
    });
    const kept = (values: Float32Array, shape: readonly number[]) => torch.fromTypedArray(values, shape);
    this.#real = kept(made.real, made.shape);
    this.#reals = kept(made.reals, [this.#count, made.width]);
    this.#searched = made.searched && kept(made.searched, [dataset.count, made.width]);
    this.#withinReals = made.within;
    this.#copiesOfReals = made.copied;
  }

  readonly #labels: Int32Array | undefined;

  /** Measures now. */
  read(): Reading {
    const { dataset, game, config, iteration } = this.#of;
    const device = config.device as Device;
    // Some generators draw noise in every pass, from LibTorch's own state.
    const generators = [...new Set<Device>(["cpu", device])].map((each) => defaultGenerator(each));
    const states = generators.map((generator) => generator.getState());
    const signals: Record<string, number> = {};
    try {
      const fake = this.#of.generate({
        count: isPoints(dataset) ? COUNTED_POINTS : this.#count,
        seed: SEED,
      });
      try {
        if (isPoints(dataset)) {
          const scores = scorePoints(fake.toTypedArray() as Float32Array, dataset.modes);
          signals.modes = scores.modesCovered / scores.modesTotal;
          signals.quality = scores.highQuality;
        }
        scope(() => {
          const compared = fake.narrow(0, 0, this.#count);
          Object.assign(signals, this.#ofPixels(compared), this.#ofDiscriminator(compared));
        });
      } finally {
        fake.dispose();
      }
    } finally {
      for (const [i, generator] of generators.entries()) generator.setState(states[i]!);
    }
    for (const player of game.players.values()) Object.assign(signals, weightSignals(player));
    return {
      iteration,
      signals: Object.fromEntries(Object.entries(signals).filter(([, value]) => Number.isFinite(value))),
    };
  }

  #ofPixels(fake: Tensor): Record<string, number> {
    const samples = reduced(fake);
    const within = distancesBetween(samples, samples);
    const between = distancesBetween(samples, this.#reals);
    const scale = meanWithin(this.#withinReals);
    const signals: Record<string, number> = {
      "spread/pixels": meanWithin(within) / scale,
      "nearest/pixels": medianNearest(within) / medianNearest(this.#withinReals),
      energy: energy(within, between, this.#withinReals),
      "own-nearest": ownNearest(within, between, this.#withinReals),
    };
    if (this.#searched !== undefined) {
      signals.copies = copies(distancesBetween(samples, this.#searched), COPY_RATIO);
      signals["copies/reals"] = this.#copiesOfReals;
    }
    const now = samples.toTypedArray() as Float32Array;
    if (this.#before !== undefined) signals.moved = meanMove(this.#before, now, this.#count) / scale;
    this.#before = now;
    return signals;
  }

  /** Of discriminators that judge single samples of data. */
  #ofDiscriminator(fake: Tensor): Record<string, number> {
    const { game, config } = this.#of;
    if (!judgesSingles(game)) return {};
    const network = game.network<Discriminator>("discriminator");
    const device = config.device as Device;
    // As it judges in training: each side normalised by itself. What a pass moves is put back.
    const buffers = network.buffers();
    const before = noGrad(() => buffers.map((buffer) => buffer.clone()));
    try {
      return noGrad(() => {
        const { classes } = game.network<Generator>("generator");
        const look = (image: Tensor, labels: Int32Array | undefined) => {
          const label =
            labels === undefined || classes === undefined
              ? undefined
              : torch.fromTypedArray(labels).toCopy({ dtype: "int64", device });
          const sample = { image: image.to({ device }), label };
          const features = network.features(sample);
          const scores = network.score(features, sample).to({ device: "cpu", dtype: "float32" });
          return {
            scores: scores.toTypedArray() as Float32Array,
            features: features.global.flatten(1).to({ device: "cpu", dtype: "float32" }),
          };
        };
        // As the generator was asked for them.
        const made = look(fake, rowClasses(0, this.#count, [...Array(classes ?? 1).keys()]));
        const real = look(this.#real, this.#labels);
        const [ofReals, ofSamples] = [real, made].map(({ features }) => distancesBetween(features, features));
        return {
          separation: separation(real.scores, made.scores),
          "spread/features": meanWithin(ofSamples!) / meanWithin(ofReals!),
          "nearest/features": medianNearest(ofSamples!) / medianNearest(ofReals!),
        };
      });
    } finally {
      buffers.forEach((buffer, i) => {
        buffer.assign(before[i]!);
      });
    }
  }

  /** Frees the reals. */
  close(): void {
    for (const tensor of [this.#real, this.#reals, this.#searched]) tensor?.dispose();
  }
}

/** Items as tensors: images in [-1, 1]. */
function itemsOf(dataset: Dataset, indices: readonly number[]): Tensor {
  const data = dataset.read(indices);
  const raw = torch.fromTypedArray(data, [indices.length, ...dataset.shape]);
  return data instanceof Uint8Array
    ? raw
        .toCopy({ dtype: "float32" })
        .mul(2 / 255)
        .sub(1)
    : raw;
}

/** As vectors that are compared: points as they are, images by means of squares of pixels. */
function reduced(items: Tensor): Tensor {
  const [count = 0, channels = 0, height, width] = items.shape;
  if (height === undefined || width === undefined) return items;
  const side = Math.ceil(Math.max(height, width) / SIDE);
  const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)];
  return items
    .narrow(2, 0, rows * side)
    .narrow(3, 0, columns * side)
    .reshape([count, channels, rows, side, columns, side])
    .mean([3, 5])
    .reshape([count, channels * rows * columns]);
}

/** Whether D judges data, and not latents (AAE), packs, or images along with latents. */
function judgesSingles(game: Game): boolean {
  try {
    game.requireJudgeOfData("diagnosis", "discriminator");
  } catch {
    return false;
  }
  return (
    !game.judgesPairs("discriminator") &&
    game.views("discriminator").every(({ shape, group = 1 }) => shape === undefined && group === 1)
  );
}

function meanMove(before: Float32Array, now: Float32Array, count: number): number {
  const width = now.length / count;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    let squares = 0;
    for (let at = i * width; at < (i + 1) * width; at++) squares += (now[at]! - before[at]!) ** 2;
    sum += Math.sqrt(squares);
  }
  return sum / count;
}

/** Distances in which an item's own place counts as infinitely far. */
function withoutSelf(distances: Distances, indices: readonly number[]): Distances {
  const values = distances.values.slice();
  for (const [row, index] of indices.entries())
    values[row * distances.columns + index] = Number.POSITIVE_INFINITY;
  return { ...distances, values };
}
