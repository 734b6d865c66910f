import { amount } from "./amount.js";
import { FormatError } from "./errors.js";
import { bfloat16, float16 } from "./halves.js";

/** Bytes of one element of each element type. */
export const ITEM_SIZE = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
} as const;

/** Element types, by PyTorch's names. */
export type Dtype = keyof typeof ITEM_SIZE;

/** An array as files hold it, for any engine to take in: this package knows none. */
export interface ArrayValue {
  dtype: Dtype;
  /** Extents, the slowest first; `[]` is a single number. */
  shape: number[];
  /** The elements, row by row (C order), raw and little-endian: as many bytes as shape and dtype say. */
  data: Uint8Array;
  /** What its file calls its type, where that is none of these and the elements were widened: see widen.ts. */
  storedAs?: string;
}

/** Arrays by name, such as a network's parameters. */
export type NamedArrays = Map<string, ArrayValue>;

export type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint16Array;

/** PyTorch and NumPy stop there too. */
const MOST_EXTENTS = 64;

/** How many elements a shape has, or undefined for none: too many extents or elements, or an extent that is no count. */
export function countElements(shape: readonly number[]): number | undefined {
  if (shape.length > MOST_EXTENTS) return undefined;
  let count = 1;
  let empty = false;
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) return undefined;
    if (extent === 0) empty = true;
    else count *= extent;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return empty ? 0 : count;
}

/** A shape for a message: `[2, 3]`, and not all of one that is absurdly long. */
export function describeShape(shape: readonly number[]): string {
  return shape.length <= MOST_EXTENTS ? `[${shape.join(", ")}]` : `[${shape.slice(0, 4).join(", ")}, ...]`;
}

/**
 * An {@link ArrayValue} of these parts; `data` is kept, not copied. Throws {@link FormatError} if `data` has not the
 * length that shape and dtype say.
 */
export function arrayValue(dtype: Dtype, shape: readonly number[], data: Uint8Array): ArrayValue {
  const problem = arrayProblem(dtype, shape, data.length);
  if (problem !== undefined) throw new FormatError(problem);
  return { dtype, shape: [...shape], data };
}

/** What is wrong with an array of this dtype and shape in so many bytes, or undefined if nothing is. */
export function arrayProblem(dtype: Dtype, shape: readonly number[], bytes: number): string | undefined {
  const count = countElements(shape);
  if (count === undefined) return `${describeShape(shape)} is not a shape`;
  const expected = count * ITEM_SIZE[dtype];
  if (bytes === expected) return undefined;
  return `${dtype} of shape ${describeShape(shape)} takes ${amount(expected, "bytes")}, not ${bytes}`;
}

/**
 * The elements of an array in JavaScript's typed array for them: Float32Array, Float64Array, BigInt64Array (int64),
 * Int32Array, Int16Array, Int8Array, Uint8Array (uint8 and bool), and for float16 and bfloat16 the raw bits in a
 * Uint16Array. It shares memory with `data`, unless `data` lies at an address the typed array cannot start at: then it
 * is a copy. (Typed arrays have the machine's byte order, which is little-endian wherever LibTorch runs.)
 */
export function viewTyped(array: ArrayValue): TypedArray {
  const size = ITEM_SIZE[array.dtype];
  const aligned = array.data.byteOffset % size === 0 ? array.data : new Uint8Array(array.data);
  const { buffer, byteOffset } = aligned;
  const length = aligned.length / size;
  switch (array.dtype) {
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
    case "float16":
    case "bfloat16":
      return new Uint16Array(buffer, byteOffset, length);
    case "int64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
    case "int16":
      return new Int16Array(buffer, byteOffset, length);
    case "int8":
      return new Int8Array(buffer, byteOffset, length);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer, byteOffset, length);
  }
}

/** The elements of an array as float32, converted where they are something else (int64 and float64 round). */
export function toFloat32(array: ArrayValue): Float32Array {
  const elements = viewTyped(array);
  if (elements instanceof Float32Array) return elements;
  const floats = new Float32Array(elements.length);
  if (elements instanceof BigInt64Array) {
    for (let i = 0; i < floats.length; i++) floats[i] = Number(elements[i]);
  } else if (array.dtype === "bfloat16") {
    for (let i = 0; i < floats.length; i++) floats[i] = bfloat16.toNumber(elements[i] as number);
  } else if (array.dtype === "float16") {
    for (let i = 0; i < floats.length; i++) floats[i] = float16.toNumber(elements[i] as number);
  } else {
    floats.set(elements);
  }
  return floats;
}

/** Turns the bytes of every element around in place: big-endian to little-endian and back. */
export function swapBytes(bytes: Uint8Array, itemSize: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (itemSize === 2) buffer.swap16();
  else if (itemSize === 4) buffer.swap32();
  else if (itemSize === 8) buffer.swap64();
}
