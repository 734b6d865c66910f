import { type Device, grad, noGrad, RandomGenerator, scope, type Tensor, torch } from "@gantry/torch";
import { isPoints } from "../../core/data/index.js";
import { Play } from "../../core/game/play.js";
import type { Generator } from "../../core/nets/contract.js";
import { scorePoints } from "../../evaluation/metrics/points.js";
import type { Trainer } from "../trainer.js";

/** What there is to see of a training on points. Lists of points are x, y, x, y, ... in the data's own units. */
export interface LabFrame {
  readonly iteration: number;
  readonly steps: number;
  /** G of latents that stay the same over the whole training. */
  readonly fakes: readonly number[];
  /** Of the first fakes: which way D's raw score rises, and how fast. */
  readonly arrows: readonly number[];
  /** D's raw scores; undefined for a D that judges more than a point (pairs with latents, labels). */
  readonly surface: Surface | undefined;
  /** The raw score at which D is undecided; undefined where its loss has none. */
  readonly boundary: number | undefined;
  readonly manifold: Manifold;
  /** Undefined where the data has no known modes. */
  readonly modes: ModeCounts | undefined;
}

/** D's raw score on a lattice, row by row from the lowest y, x rising along a row. */
export interface Surface {
  readonly side: number;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly scores: readonly number[];
}

/** Where G takes a square lattice of the first two coordinates of its latents, the others being 0. */
export interface Manifold {
  readonly side: number;
  readonly points: readonly number[];
}

/** Samples within three standard deviations of each mode, of as many fakes as the frame has. */
export interface ModeCounts {
  readonly counts: readonly number[];
  readonly highQuality: number;
}

export interface FrameOptions {
  /** Fakes shown. Default 512. */
  readonly fakes?: number;
  /** Arrows at the first of them. Default 96. */
  readonly arrows?: number;
  /** Lattice points along a side of D's surface. Default 48. */
  readonly surface?: number;
  /** Along a side of G's lattice. Default 21. */
  readonly manifold?: number;
}

const DISCRIMINATOR = "discriminator";
/** Of latents that are shown, and of what views before D draw: the same in every frame. */
const SEED = 0x1ab;
/** How far beyond the data's own extent D's surface reaches, as a share of it. */
const MARGIN = 0.35;
/** Standard deviations of a normal prior that G's lattice spans. */
const REACH = 2;
/** Data points that tell the extent. */
const LOOKED_AT = 4096;

/** Looks at a training on points without touching its random state, its networks or its data's order. */
export class LabEye {
  readonly #trainer: Trainer;
  readonly #latents: Tensor;
  readonly #lattice: Tensor;
  readonly #surface: {
    readonly points: Tensor;
    readonly from: [number, number];
    readonly to: [number, number];
  };
  readonly #options: Required<FrameOptions>;

  /** @throws TypeError for a training on something else than points in the plane */
  constructor(trainer: Trainer, options: FrameOptions = {}) {
    const { dataset, game } = trainer;
    if (dataset.kind !== "points")
      throw new TypeError(`the lab shows points, and ${dataset.name} has images`);
    this.#trainer = trainer;
    this.#options = { fakes: 512, arrows: 96, surface: 48, manifold: 21, ...options };
    const { prior } = game.network<Generator>("generator");
    const { fakes, surface, manifold } = this.#options;
    this.#latents = scope(() => prior.sample(fakes, new RandomGenerator(SEED, "cpu")));
    this.#lattice = scope(() => latticeOf(prior, manifold));
    const { from, to } = extentOf(dataset.read(firstOf(dataset.count)) as Float32Array);
    this.#surface = { from, to, points: scope(() => squareOf(from, to, surface)) };
  }

  /** Points of the data, the same each time: x, y, x, y, ... */
  reals(count = 512): number[] {
    const { dataset } = this.#trainer;
    return [...dataset.read(firstOf(dataset.count, count))];
  }

  frame(): LabFrame {
    const { game, config, iteration, dataset } = this.#trainer;
    const generator = game.network<Generator>("generator");
    const discriminator = game.network(DISCRIMINATOR);
    const judge = this.#judge();
    generator.train(false);
    discriminator.train(false);
    try {
      return scope(() => {
        const made = noGrad(() => generator.forward(this.#latents));
        const fakes = [...(made.toTypedArray() as Float32Array)];
        const { side, points } = { side: this.#options.manifold, points: this.#lattice };
        const manifold = noGrad(() => [...(generator.forward(points).toTypedArray() as Float32Array)]);
        const { from, to, points: places } = this.#surface;
        const scores = judge && noGrad(() => [...(judge(places).toTypedArray() as Float32Array)]);
        return {
          iteration,
          steps: config.steps,
          fakes,
          arrows: judge === undefined ? [] : slopes(judge, made.narrow(0, 0, this.#options.arrows)),
          surface: scores && { side: this.#options.surface, from, to, scores },
          boundary: game.boundaryOf(DISCRIMINATOR),
          manifold: { side, points: manifold },
          modes: isPoints(dataset) ? countModes(fakes, dataset.modes) : undefined,
        };
      });
    } finally {
      generator.train(true);
      discriminator.train(true);
    }
  }

  /** A point's raw score by D, through whatever stands before it: of a pack, that of one point repeated. */
  #judge(): ((points: Tensor) => Tensor) | undefined {
    const { game, config, iteration } = this.#trainer;
    const hasLabels = game.network<Generator>("generator").classes !== undefined;
    if (game.judgesPairs(DISCRIMINATOR) || hasLabels) return undefined;
    const group = game.groupOf(DISCRIMINATOR);
    const play = new Play(game, {
      iteration,
      steps: config.steps,
      updating: new Set(),
      batch: 1,
      random: new RandomGenerator(SEED, "cpu"),
      device: config.device as Device,
      logging: false,
      real: () => {
        throw new Error("nothing real is judged here");
      },
    });
    return (points) =>
      play.judgeSample(DISCRIMINATOR, { image: group === 1 ? points : points.repeatInterleave(group, 0) })
        .logits;
  }

  close(): void {
    this.#latents.dispose();
    this.#lattice.dispose();
    this.#surface.points.dispose();
  }
}

/** How D's score changes with each point: x, y, x, y, ... */
function slopes(judge: (points: Tensor) => Tensor, points: Tensor): number[] {
  const moved = points.detach().requiresGrad_();
  const [slope] = grad(judge(moved).sum(), [moved]);
  return [...(slope!.toTypedArray() as Float32Array)];
}

function countModes(fakes: readonly number[], modes: Parameters<typeof scorePoints>[1]): ModeCounts {
  const { counts, highQuality } = scorePoints(fakes, modes);
  return { counts, highQuality };
}

const firstOf = (count: number, wanted = LOOKED_AT) =>
  Uint32Array.from({ length: Math.min(count, wanted) }, (_, i) => i);

/** A square around all points, wider than they are. */
function extentOf(points: Float32Array): { from: [number, number]; to: [number, number] } {
  const [low, high] = [
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ];
  for (let i = 0; i < points.length; i++) {
    low[i % 2] = Math.min(low[i % 2]!, points[i]!);
    high[i % 2] = Math.max(high[i % 2]!, points[i]!);
  }
  const half = (0.5 + MARGIN) * Math.max(high[0]! - low[0]!, high[1]! - low[1]!, 1e-6);
  const middle = [(low[0]! + high[0]!) / 2, (low[1]! + high[1]!) / 2] as const;
  return {
    from: [middle[0] - half, middle[1] - half],
    to: [middle[0] + half, middle[1] + half],
  };
}

/** side*side,2: a lattice, row by row. */
function squareOf(from: readonly number[], to: readonly number[], side: number): Tensor {
  const out = new Float32Array(side * side * 2);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const at = 2 * (row * side + column);
      out[at] = from[0]! + ((to[0]! - from[0]!) * column) / (side - 1);
      out[at + 1] = from[1]! + ((to[1]! - from[1]!) * row) / (side - 1);
    }
  return torch.fromTypedArray(out, [side * side, 2]).clone();
}

/** Latents whose first two coordinates are a lattice over where the prior is, all others in its middle. */
function latticeOf(prior: Generator["prior"], side: number): Tensor {
  const [from, to] =
    prior.distribution === "unit" ? [0, 1] : prior.distribution === "normal" ? [-REACH, REACH] : [-1, 1];
  const plane = squareOf([from, from], [to, to], side);
  if (prior.size === 1) return plane.narrow(1, 0, 1).contiguous();
  if (prior.size === 2) return plane;
  const rest = torch.full([side * side, prior.size - 2], (from + to) / 2);
  return torch.cat([plane, rest], 1);
}
