import { type ArrayValue, countElements, type Dtype, ITEM_SIZE, viewTyped } from "./dtype.js";
import { FormatError } from "./errors.js";
import { allocate } from "./files.js";
import { bfloat16, float16 } from "./halves.js";
import { contiguousStrides } from "./strided.js";

/** A sparse tensor as PyTorch saves it. */
export interface SparseParts {
  /** `sparse_coo`, `sparse_csr`, `sparse_csc`, `sparse_bsr` or `sparse_bsc`. */
  readonly layout: string;
  /** Of coordinates (int64, extents by elements), or where each row or column begins. */
  readonly indices: ArrayValue;
  /** The other index of each element; undefined for coordinates. */
  readonly plainIndices: ArrayValue | undefined;
  readonly values: ArrayValue;
  readonly shape: readonly number[];
}

/**
 * The dense array of a sparse one, its values added up where coordinates repeat, as in PyTorch.
 * @param spend is told how many bytes the dense one takes, before they are taken
 * @throws FormatError on `file` for layouts and indices that do not fit
 */
export function expandSparse(parts: SparseParts, file: string, spend: (bytes: number) => void): ArrayValue {
  const { layout, values, shape } = parts;
  const refuse = (problem: string) =>
    new FormatError(`a sparse tensor ${problem}`, { file, hint: "save tensor.to_dense() in PyTorch" });
  // Complex numbers are pairs, and a pair moves together.
  const pair = values.storedAs?.startsWith("complex") === true ? 2 : 1;
  const dense = allocateLike(values.dtype, [...shape, ...(pair === 2 ? [2] : [])], file, spend, refuse);
  const source = viewTyped(values);
  const target = viewTyped(dense);
  const sum = addition(values.dtype);
  const add = (from: number, to: number, count: number) => {
    if (to + count > target.length || from + count > source.length)
      throw refuse("has an index beyond its shape");
    for (let i = 0; i < count; i++)
      target[to + i] = sum(target[to + i] as never, source[from + i] as never) as never;
  };
  const strides = contiguousStrides(shape);
  if (layout === "sparse_coo") {
    const [rank = 0, count = 0, ...more] = parts.indices.shape;
    if (parts.indices.shape.length !== 2 || more.length > 0 || rank > shape.length)
      throw refuse("has no coordinates");
    const block = (countElements(shape.slice(rank)) ?? 0) * pair;
    const coordinates = numbersOf(parts.indices, refuse);
    for (let i = 0; i < count; i++) {
      let to = 0;
      for (let axis = 0; axis < rank; axis++) {
        const at = coordinates[axis * count + i] as number;
        if (at < 0 || at >= (shape[axis] as number)) throw refuse("has an index beyond its shape");
        to += at * (strides[axis] as number);
      }
      add(i * block, to * pair, block);
    }
  } else if (/^sparse_(c|b)s(r|c)$/.test(layout) && shape.length === 2 && parts.plainIndices !== undefined) {
    const byRow = layout.endsWith("r");
    const [, blockRows = 1, blockColumns = 1] = layout.startsWith("sparse_b") ? values.shape : [0, 1, 1];
    const begins = numbersOf(parts.indices, refuse);
    const others = numbersOf(parts.plainIndices, refuse);
    const [rows = 0, columns = 0] = shape;
    for (let line = 0; line + 1 < begins.length; line++) {
      const [from = 0, to = 0] = begins.slice(line, line + 2);
      if (from < 0 || to > others.length) throw refuse("has lines beyond its elements");
      for (let i = from; i < to; i++) {
        const other = others[i] as number;
        const row = (byRow ? line : other) * blockRows;
        const column = (byRow ? other : line) * blockColumns;
        if (row < 0 || column < 0 || row + blockRows > rows || column + blockColumns > columns)
          throw refuse("has an index beyond its shape");
        for (let y = 0; y < blockRows; y++)
          add(
            (i * blockRows + y) * blockColumns * pair,
            ((row + y) * columns + column) * pair,
            blockColumns * pair,
          );
      }
    }
  } else {
    throw refuse(`has the layout ${layout || "of none"} and ${shape.length} extents, which is not read`);
  }
  return { ...dense, storedAs: `sparse ${values.storedAs ?? values.dtype}` };
}

function allocateLike(
  dtype: Dtype,
  shape: number[],
  file: string,
  spend: (bytes: number) => void,
  refuse: (problem: string) => FormatError,
): ArrayValue {
  const count = countElements([...shape, ITEM_SIZE[dtype]]);
  if (count === undefined) throw refuse("has no shape");
  spend(count);
  return { dtype, shape, data: allocate(count, file) };
}

function numbersOf(array: ArrayValue, refuse: (problem: string) => FormatError): number[] {
  if (array.dtype !== "int64" && array.dtype !== "int32") throw refuse("has indices that are no integers");
  return Array.from(viewTyped(array), Number);
}

/** As PyTorch adds such numbers: truths by `or`. Halves are bits here. */
function addition(dtype: Dtype): (a: number | bigint, b: number | bigint) => number | bigint {
  switch (dtype) {
    case "bool":
      return (a, b) => (a as number) | (b as number);
    case "int64":
      return (a, b) => (a as bigint) + (b as bigint);
    case "float16":
    case "bfloat16": {
      const { toNumber, fromNumber } = dtype === "float16" ? float16 : bfloat16;
      return (a, b) => fromNumber(toNumber(a as number) + toNumber(b as number));
    }
    default:
      return (a, b) => (a as number) + (b as number);
  }
}
