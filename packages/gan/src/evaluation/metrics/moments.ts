import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { blocksOf, type Table } from "./table.js";

/** Rows taken up at a time: large enough for fast matrix products, small enough to need little memory. */
const BLOCK = 4096;
/** Columns of one tile of a symmetric product. */
const TILE = 512;

/**
 * Count, mean and scatter (sum of outer products of the centred rows) of rows that come in pieces, in float64. Pieces may
 * be added in any split and order, and accumulators merged: the result is the same but for rounding. Memory is D*D numbers.
 * Source: Chan, Golub, LeVeque 1979 (merging moments about the means, which loses no digits to large means).
 */
export class Moments {
  readonly dimension: number;
  #count = 0;
  readonly #mean: Float64Array;
  readonly #scatter: Float64Array;

  constructor(dimension: number) {
    this.dimension = dimension;
    this.#mean = new Float64Array(dimension);
    this.#scatter = new Float64Array(dimension * dimension);
  }

  /** The moments of a whole table. */
  static of(table: Table): Moments {
    const moments = new Moments(table.columns);
    for (const [, rows] of blocksOf(table, BLOCK)) moments.add(rows);
    return moments;
  }

  /** Moments saved before; the arrays are copied. */
  static from(count: number, mean: Float64Array, scatter: Float64Array): Moments {
    const moments = new Moments(mean.length);
    if (scatter.length !== mean.length ** 2) throw new RangeError("the scatter is not square");
    moments.#count = count;
    moments.#mean.set(mean);
    moments.#scatter.set(scatter);
    return moments;
  }

  get count(): number {
    return this.#count;
  }

  get mean(): Float64Array {
    return this.#mean;
  }

  /** D*D numbers, row by row. */
  get scatter(): Float64Array {
    return this.#scatter;
  }

  /** Adds N rows of D numbers. Throws {@link UsageError} for numbers that are not finite: one would spoil the score. */
  add(rows: Float32Array | Float64Array): void {
    const { dimension } = this;
    const count = rows.length / dimension;
    if (!Number.isInteger(count)) throw new RangeError(`${rows.length} numbers are no rows of ${dimension}`);
    if (count === 0) return;
    const { mean, scatter } = noGrad(() =>
      scope(() => {
        const given = torch.fromTypedArray(rows, [count, dimension]);
        if (given.isfinite().all().item() === 0)
          throw new UsageError(
            "the features are not all finite: the images or the feature network are damaged",
          );
        const exact = given.to({ dtype: "float64" });
        const mean = exact.mean(0, true);
        const centred = exact.sub_(mean);
        return {
          mean: mean.toTypedArray() as Float64Array,
          scatter: symmetricProduct(centred).toTypedArray() as Float64Array,
        };
      }),
    );
    this.#merge(count, mean, scatter);
  }

  /** Takes up what another accumulator has seen. */
  merge(other: Moments): void {
    if (other.dimension !== this.dimension)
      throw new RangeError(`moments of ${other.dimension} dimensions do not merge into ${this.dimension}`);
    this.#merge(other.#count, other.#mean, other.#scatter);
  }

  #merge(count: number, mean: Float64Array, scatter: Float64Array): void {
    if (count === 0) return;
    const { dimension } = this;
    const total = this.#count + count;
    const weight = (this.#count * count) / total;
    const delta = mean.map((value, i) => value - this.#mean[i]!);
    for (let i = 0, at = 0; i < dimension; i++) {
      const scaled = weight * delta[i]!;
      for (let j = 0; j < dimension; j++, at++) this.#scatter[at]! += scatter[at]! + scaled * delta[j]!;
    }
    for (let i = 0; i < dimension; i++) this.#mean[i]! += delta[i]! * (count / total);
    this.#count = total;
  }

  /**
   * The covariance, D,D float64; of one sample, all zero. Call inside a scope(), or dispose of it.
   * @param divisor n-1, as numpy.cov has it (default), or n
   */
  covariance(divisor: "n-1" | "n" = "n-1"): Tensor {
    const { dimension } = this;
    const count = divisor === "n" ? this.#count : this.#count - 1;
    return scope(() => torch.fromTypedArray(this.#scatter, [dimension, dimension]).div(Math.max(1, count)));
  }
}

/** x^T x by its upper tiles: nearly half the work of the full product. */
function symmetricProduct(x: Tensor): Tensor {
  const columns = x.size(1);
  if (columns <= TILE) return x.t().mm(x);
  const starts = Array.from({ length: Math.ceil(columns / TILE) }, (_, i) => i * TILE);
  const out = torch.zeros([columns, columns], { dtype: x.dtype });
  for (const start of starts) {
    const width = Math.min(TILE, columns - start);
    const product = x
      .narrow(1, start, width)
      .t()
      .mm(x.narrow(1, start, columns - start));
    out
      .narrow(0, start, width)
      .narrow(1, start, columns - start)
      .copy_(product);
    const after = columns - start - width;
    if (after === 0) continue;
    out
      .narrow(1, start, width)
      .narrow(0, start + width, after)
      .copy_(product.narrow(1, width, after).t());
  }
  return out;
}
