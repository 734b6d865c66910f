import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import { defineMetric, type MetricContext, makeScore, realOf } from "./metric.js";
import { pause } from "./pause.js";
import { blocksOf, type Table } from "./table.js";

export interface NeighbourOptions {
  /** Precision and recall: the radius of a sample is the distance to its k-th neighbour. Default 3, as torch-fidelity. */
  readonly neighbours?: number;
  /** The same for density and coverage. Default 5, as clovaai/generative-evaluation-prdc. */
  readonly densityNeighbours?: number;
  /** Whether a sample at exactly the radius is inside. Default `closed` (torch-fidelity); prdc's code has `open`. */
  readonly boundary?: "closed" | "open";
}

/** Every one higher for better. */
export interface NeighbourScores {
  /** Share of fake samples within a real sample's radius: quality. */
  readonly precision: number;
  /** Share of real samples within a fake sample's radius: variety. */
  readonly recall: number;
  /** Real radii that a fake sample lies in, over k: as precision, but outliers count little; may exceed 1. */
  readonly density: number;
  /** Share of real samples with a fake one within their radius: as recall, but fake outliers do not help. */
  readonly coverage: number;
}

/** Samples on one side of a tile of distances. */
const TILE = 2048;
/** Distances so small beside the features are rounding: the samples are the same. */
const SAME = 1e-12;
/** Distances that differ by less are equal: the order of a sum must not decide. */
const TIE = 1e-10;

/** A tile of features about a centre, in float64, and the squared lengths of its rows (N,1). */
interface Tile {
  readonly rows: Tensor;
  readonly squares: Tensor;
}

/** Tiles of a table, read when asked for: what stands in memory is two of them. */
class Tiles {
  readonly starts: readonly number[];
  readonly #table: Table;
  readonly #centre: Float64Array;

  constructor(table: Table, centre: Float64Array) {
    this.#table = table;
    this.#centre = centre;
    this.starts = Array.from({ length: Math.ceil(table.rows / TILE) }, (_, i) => i * TILE);
  }

  /** Inside a scope(). */
  at(start: number): Tile {
    const data = this.#table.read(start, Math.min(this.#table.rows, start + TILE));
    const rows = torch
      .fromTypedArray(data, [data.length / this.#table.columns, this.#table.columns])
      .to({ dtype: "float64" })
      .sub_(torch.fromTypedArray(this.#centre));
    return { rows, squares: rows.square().sum(1, true) };
  }
}

/** Squared distances, A,B; exactly 0 where the rows are the same but for rounding. */
function squaredDistances(a: Tile, b: Tile): Tensor {
  const lengths = a.squares.add(b.squares.t());
  const distances = lengths.sub(a.rows.mm(b.rows.t()), { alpha: 2 });
  return distances.mul_(distances.gt(lengths.mul_(SAME)));
}

/**
 * Squared distances of each row to its nearest others, ascending, N,most. Every pair of tiles is computed once and serves
 * both.
 */
async function nearestOthers(
  tiles: Tiles,
  most: number,
  step: () => Promise<void>,
): Promise<Map<number, Tensor>> {
  const nearest = new Map<number, Tensor>();
  // `found` holds the distances of a tile's rows to some others, one row each.
  const take = (start: number, found: Tensor): void => {
    const [mine] = found.topk(Math.min(most, found.size(1)), 1, false);
    const before = nearest.get(start);
    const merged =
      before === undefined
        ? mine
        : torch.cat([before, mine], 1).topk(Math.min(most, before.size(1) + mine.size(1)), 1, false)[0];
    before?.dispose();
    nearest.set(start, merged);
  };
  for (const [i, first] of tiles.starts.entries()) {
    for (const second of tiles.starts.slice(i)) {
      const kept = noGrad(() =>
        scope(() => {
          const a = tiles.at(first);
          const distances = squaredDistances(a, first === second ? a : tiles.at(second));
          // A sample is not its own neighbour.
          if (first === second) distances.diagonal().fill_(Number.POSITIVE_INFINITY);
          take(first, distances);
          if (first !== second) take(second, distances.t());
          return [...nearest.values()];
        }),
      );
      kept.length = 0;
      await step();
    }
  }
  return nearest;
}

/**
 * Precision and recall (Kynkaanniemi et al. 2019) and density and coverage (Naeem et al. 2020), by the distances of
 * features. Distances are computed in tiles, in float64: no N x N matrix stands in memory. Swapping the sets swaps precision and recall.
 *
 * Source of the conventions: torch-fidelity's metric_prc.py, clovaai/generative-evaluation-prdc.
 * @throws {UsageError} no more samples than neighbours, on either side
 */
export async function precisionRecallDensityCoverage(
  fake: Table,
  real: Table,
  { neighbours = 3, densityNeighbours = 5, boundary = "closed" }: NeighbourOptions = {},
  context: MetricContext = {},
): Promise<NeighbourScores> {
  const most = Math.max(neighbours, densityNeighbours);
  checkNeighbours(most, fake.rows, real.rows);
  const centre = centreOf(real);
  const [fakes, reals] = [new Tiles(fake, centre), new Tiles(real, centre)];
  const pairs = (tiles: Tiles): number => (tiles.starts.length * (tiles.starts.length + 1)) / 2;
  const all = pairs(fakes) + pairs(reals) + fakes.starts.length * reals.starts.length;
  let done = 0;
  const step = (): Promise<void> => pause(context, ++done / all);

  const owned: Tensor[] = [];
  try {
    const nearFake = await nearestOthers(fakes, most, step);
    owned.push(...nearFake.values());
    const nearReal = await nearestOthers(reals, most, step);
    owned.push(...nearReal.values());
    const slack = boundary === "closed" ? 1 + TIE : 1 - TIE;
    // N,1
    const radius = (near: Map<number, Tensor>, start: number, k: number): Tensor =>
      near
        .get(start)!
        .narrow(1, k - 1, 1)
        .mul(slack);
    const within = (distances: Tensor, radii: Tensor): Tensor =>
      boundary === "closed" ? distances.le(radii) : distances.lt(radii);

    let precise = 0;
    let dense = 0;
    const recalled = new Uint8Array(real.rows);
    const covered = new Uint8Array(real.rows);
    for (const first of fakes.starts) {
      let hits: Uint8Array | undefined;
      for (const second of reals.starts) {
        const tile = noGrad(() =>
          scope(() => {
            const distances = squaredDistances(fakes.at(first), reals.at(second));
            const inDensity = within(distances, radius(nearReal, second, densityNeighbours).t());
            return {
              precise: anyAlong(within(distances, radius(nearReal, second, neighbours).t()), 1),
              recalled: anyAlong(within(distances, radius(nearFake, first, neighbours)), 0),
              covered: anyAlong(inDensity, 0),
              dense: inDensity.sum().item(),
            };
          }),
        );
        dense += tile.dense;
        hits ??= new Uint8Array(tile.precise.length);
        orInto(hits, tile.precise, 0);
        orInto(recalled, tile.recalled, second);
        orInto(covered, tile.covered, second);
        await step();
      }
      precise += countOf(hits ?? new Uint8Array());
    }
    return {
      precision: precise / fake.rows,
      recall: countOf(recalled) / real.rows,
      density: dense / (densityNeighbours * fake.rows),
      coverage: countOf(covered) / real.rows,
    };
  } finally {
    for (const tensor of owned) tensor.dispose();
  }
}

function checkNeighbours(most: number, fake: number, real: number): void {
  const least = Math.min(fake, real);
  if (least <= most)
    throw new UsageError(
      `a ${most}-th neighbour needs more than ${amount(most, "samples")} on each side, and there are ${least}${least < 2 ? "" : `: give lower ones, as prdc:neighbours=${least - 1},densityNeighbours=${least - 1}`}`,
    );
}

/** Distances from far away lose digits; about the mean they do not. */
function centreOf(table: Table): Float64Array {
  const sum = new Float64Array(table.columns);
  for (const [, rows] of blocksOf(table, TILE))
    for (let at = 0; at < rows.length; at++) sum[at % table.columns]! += rows[at]!;
  return sum.map((value) => value / table.rows);
}

function anyAlong(hits: Tensor, dimension: number): Uint8Array {
  return hits.to({ dtype: "uint8" }).amax(dimension).toTypedArray() as Uint8Array;
}

function orInto(all: Uint8Array, some: Uint8Array, start: number): void {
  for (const [i, hit] of some.entries()) if (hit !== 0) all[start + i] = 1;
}

function countOf(hits: Uint8Array): number {
  let count = 0;
  for (const hit of hits) count += hit;
  return count;
}

/** Precision, recall, density, coverage. */
export default defineMetric({
  name: "prdc",
  summary: "precision and density (quality), recall and coverage (variety), by neighbours; higher is better",
  source: "Kynkaanniemi et al. 2019 (as in torch-fidelity), Naeem et al. 2020",
  needs: ["features"],
  comparesWithReal: true,
  options: z.strictObject({
    neighbours: z.int().min(1).max(100_000).default(3).describe("k of precision and recall"),
    densityNeighbours: z.int().min(1).max(100_000).default(5).describe("k of density and coverage"),
    boundary: z.enum(["closed", "open"]).default("closed").describe("whether a radius's end is inside"),
  }),
  check: ({ neighbours, densityNeighbours }, { fake, real = 0 }) =>
    checkNeighbours(Math.max(neighbours, densityNeighbours), fake, real),
  async score(options, pair, context) {
    const real = realOf("prdc", pair);
    const scores = await precisionRecallDensityCoverage(
      await pair.fake.features(),
      await real.features(),
      options,
      context,
    );
    const k = (metric: keyof NeighbourScores): number =>
      metric === "precision" || metric === "recall" ? options.neighbours : options.densityNeighbours;
    return (Object.keys(scores) as (keyof NeighbourScores)[]).map((metric) =>
      makeScore(pair, {
        metric,
        value: scores[metric],
        better: "higher",
        conventions: { k: k(metric), boundary: options.boundary },
      }),
    );
  },
});
