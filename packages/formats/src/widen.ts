import { type ArrayValue, type Dtype, ITEM_SIZE } from "./dtype.js";
import { allocate } from "./files.js";

/** How elements of a type that is none of {@link Dtype} become elements of one. */
interface Widening {
  /** Bytes of one element in the file. */
  readonly itemSize: number;
  /** What the elements become: every value is kept exactly. */
  readonly dtype: Dtype;
  /** The extents that one element becomes: a complex number is its real and its imaginary part. */
  readonly extents: readonly number[];
  /** Returns the elements of `bytes`, or what is wrong with them. */
  readonly convert: (bytes: Uint8Array, file: string | undefined) => Uint8Array | string;
}

const asTheyAre = (bytes: Uint8Array) => bytes;

/** Element by element, into memory that is read as `Target` says. */
const each =
  <Target extends Int32Array | BigInt64Array | Float32Array>(
    itemSize: number,
    make: (buffer: ArrayBuffer) => Target,
    width: number,
    element: (view: DataView, offset: number) => Target[number],
  ) =>
  (bytes: Uint8Array, file: string | undefined): Uint8Array => {
    const count = bytes.length / itemSize;
    const widened = allocate(count * width, file);
    const target = make(widened.buffer);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < count; i++) target[i] = element(view, i * itemSize);
    return widened;
  };

const toInt32 = (buffer: ArrayBuffer) => new Int32Array(buffer);
const toInt64 = (buffer: ArrayBuffer) => new BigInt64Array(buffer);

/** An 8-bit float's 256 values. Source: Micikevicius et al. 2022; the `fnuz` ones Noune et al. 2022, as in PyTorch. */
function eightBits(fractionBits: number, bias: number, kind: "ieee" | "finite" | "unsigned-zero"): Widening {
  const values = Float32Array.from({ length: 256 }, (_, bits) => {
    const sign = bits & 0x80 ? -1 : 1;
    const exponent = (bits & 0x7f) >> fractionBits;
    const fraction = bits & ((1 << fractionBits) - 1);
    const most = (1 << (7 - fractionBits)) - 1;
    if (kind === "unsigned-zero" && bits === 0x80) return Number.NaN;
    if (kind === "finite" && (bits & 0x7f) === 0x7f) return Number.NaN;
    if (kind === "ieee" && exponent === most)
      return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    const unit = 2 ** -fractionBits;
    return exponent === 0
      ? sign * fraction * unit * 2 ** (1 - bias)
      : sign * (1 + fraction * unit) * 2 ** (exponent - bias);
  });
  return {
    itemSize: 1,
    dtype: "float32",
    extents: [],
    convert: each(
      1,
      (buffer) => new Float32Array(buffer),
      4,
      (view, offset) => values[view.getUint8(offset)] as number,
    ),
  };
}

/** By PyTorch's names. */
export const WIDENINGS: ReadonlyMap<string, Widening> = new Map<string, Widening>([
  [
    "uint16",
    {
      itemSize: 2,
      dtype: "int32",
      extents: [],
      convert: each(2, toInt32, 4, (view, offset) => view.getUint16(offset, true)),
    },
  ],
  [
    "uint32",
    {
      itemSize: 4,
      dtype: "int64",
      extents: [],
      convert: each(4, toInt64, 8, (view, offset) => BigInt(view.getUint32(offset, true))),
    },
  ],
  ["uint64", { itemSize: 8, dtype: "int64", extents: [], convert: withoutHighBit }],
  ["complex32", { itemSize: 4, dtype: "float16", extents: [2], convert: asTheyAre }],
  ["complex64", { itemSize: 8, dtype: "float32", extents: [2], convert: asTheyAre }],
  ["complex128", { itemSize: 16, dtype: "float64", extents: [2], convert: asTheyAre }],
  ["float8_e4m3fn", eightBits(3, 7, "finite")],
  ["float8_e5m2", eightBits(2, 15, "ieee")],
  ["float8_e4m3fnuz", eightBits(3, 8, "unsigned-zero")],
  ["float8_e5m2fnuz", eightBits(2, 16, "unsigned-zero")],
]);

function withoutHighBit(bytes: Uint8Array): Uint8Array | string {
  for (let i = 7; i < bytes.length; i += 8)
    if ((bytes[i] as number) > 127) return "holds uint64 of 2^63 and more, which fit in no int64";
  return bytes;
}

/** Bytes of one element, of a type of Gantry's or one that is widened; undefined for other names. */
export function itemSizeOf(type: string): number | undefined {
  return type in ITEM_SIZE ? ITEM_SIZE[type as Dtype] : WIDENINGS.get(type)?.itemSize;
}

/** Bytes that are turned around together where the byte order is the other one: of complex numbers the parts. */
export function swapSizeOf(type: string): number {
  const size = itemSizeOf(type) ?? 1;
  return type.startsWith("complex") ? size / 2 : size;
}

/**
 * An array of these elements, little-endian and row by row; of a type that Gantry has not, widened: uint16 to int32,
 * uint32 and uint64 to int64, floats of 8 bits to float32, complex numbers to their real and imaginary parts along a last
 * extent of 2. Returns what is wrong where the values do not fit.
 */
export function widened(
  type: string,
  shape: readonly number[],
  bytes: Uint8Array,
  file: string | undefined,
): ArrayValue | string {
  const widening = WIDENINGS.get(type);
  if (widening === undefined) return { dtype: type as Dtype, shape: [...shape], data: bytes };
  const data = widening.convert(bytes, file);
  if (typeof data === "string") return data;
  return { dtype: widening.dtype, shape: [...shape, ...widening.extents], data, storedAs: type };
}
