import { UsageError } from "../../core/base/errors.js";

/** A matrix of float32 numbers, one row a sample, read in pieces: it may lie on the disk. */
export interface Table {
  readonly rows: number;
  readonly columns: number;
  /** The rows from `start` to before `end`, one after the other. The receiver must not change them. */
  read(start: number, end: number): Float32Array;
  /** The rows of these numbers, in this order. */
  gather(indices: ArrayLike<number>): Float32Array;
}

/** A table in memory. */
export class MemoryTable implements Table {
  readonly rows: number;
  readonly columns: number;
  readonly #data: Float32Array;

  /** @param data the rows, kept, not copied. Throws {@link UsageError} where they are not whole rows. */
  constructor(data: Float32Array, columns: number) {
    this.#data = data;
    this.columns = columns;
    this.rows = data.length / columns;
    if (!Number.isInteger(this.rows))
      throw new UsageError(`${data.length} numbers are no rows of ${columns} columns`);
  }

  /** A table of nested arrays, for small ones. */
  static from(rows: readonly (readonly number[])[]): MemoryTable {
    return new MemoryTable(Float32Array.from(rows.flat()), rows[0]?.length ?? 1);
  }

  read(start: number, end: number): Float32Array {
    return this.#data.subarray(start * this.columns, end * this.columns);
  }

  gather(indices: ArrayLike<number>): Float32Array {
    const { columns } = this;
    const out = new Float32Array(indices.length * columns);
    for (let i = 0; i < indices.length; i++) out.set(this.read(indices[i]!, indices[i]! + 1), i * columns);
    return out;
  }
}

/** The rows of a table in order, `block` at a time: pairs of the first row's number and the rows. */
export function* blocksOf(
  table: Table,
  block: number,
): Generator<readonly [start: number, rows: Float32Array]> {
  for (let start = 0; start < table.rows; start += block)
    yield [start, table.read(start, Math.min(table.rows, start + block))];
}
