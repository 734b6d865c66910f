import { gunzipSync, gzipSync } from "node:zlib";
import { amount } from "./amount.js";
import { FormatError } from "./errors.js";
import { mostUnpacked } from "./expansion.js";
import { readFileBytes } from "./files.js";

/** A dense array of unsigned bytes, last dimension fastest, as an IDX file holds it. */
export interface IdxArray {
  /** Sizes, outermost first: `[N]` for labels, `[N, H, W]` for images. */
  readonly shape: readonly number[];
  /** `shape` multiplied out bytes, contiguous. A view of the input, not a copy, when that was not compressed. */
  readonly data: Uint8Array;
}

/** How an IDX file is read. */
export interface IdxOptions {
  /** The file's name, for error messages. */
  readonly file?: string;
  /** Refuse an array of any other number of dimensions. Default: any number from 1 to 8. */
  readonly dimensions?: number;
  /** Refuse a gzip file that unpacks to more than this many bytes. Default: 256 MiB and 16 times what it has. */
  readonly maxBytes?: number;
}

// The third byte of the file; the first two are zero. Source: yann.lecun.com/exdb/mnist, "the IDX file format".
const TYPES: ReadonlyMap<number, string> = new Map([
  [0x08, "uint8"],
  [0x09, "int8"],
  [0x0b, "int16"],
  [0x0c, "int32"],
  [0x0d, "float32"],
  [0x0e, "float64"],
]);
const UINT8 = 0x08;
const MAX_DIMENSIONS = 8;

/**
 * Reads IDX bytes, plain or gzip (told by the first bytes, not by the name).
 *
 * @throws {FormatError} not IDX, another type than uint8, another number of dimensions than asked for, a size that
 * the bytes present do not match exactly, or damaged gzip.
 */
export function parseIdx(input: Uint8Array, options: IdxOptions = {}): IdxArray {
  const { file } = options;
  const bytes = isGzip(input) ? gunzip(input, options) : input;
  if (bytes.length < 4) {
    throw new FormatError(`is too short to be an IDX file (${amount(bytes.length, "bytes")})`, { file });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes[2]!;
  const rank = bytes[3]!;
  const known = TYPES.get(type);
  if (bytes[0] !== 0 || bytes[1] !== 0 || known === undefined) {
    const magic = view.getUint32(0).toString(16).padStart(8, "0");
    throw new FormatError(`is not an IDX file (it starts with 0x${magic})`, { file });
  }
  if (type !== UINT8) {
    throw new FormatError(`is an IDX file of ${known}`, { file, hint: "only IDX files of uint8 are read" });
  }
  const wanted = options.dimensions;
  if (rank < 1 || rank > MAX_DIMENSIONS || (wanted !== undefined && rank !== wanted)) {
    throw new FormatError(
      `has ${rank} dimensions, where ${wanted ?? `1 to ${MAX_DIMENSIONS}`} were expected`,
      { file },
    );
  }
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new FormatError(`ends inside its header (${bytes.length} of ${start} bytes)`, { file });
  }
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Eight 32-bit sizes can multiply past 2^53, where numbers are no longer exact.
  const size = shape.reduce((product, length) => product * BigInt(length), 1n);
  const present = bytes.length - start;
  if (size !== BigInt(present)) {
    const story = size > BigInt(present) ? "is cut short" : "has trailing bytes";
    throw new FormatError(`${story}: the header says ${shape.join(" x ")} bytes, ${present} follow`, {
      file,
    });
  }
  return { shape, data: bytes.subarray(start) };
}

/**
 * Reads an IDX file, plain or gzip.
 *
 * @throws {FormatError} as {@link parseIdx}, and when the file cannot be read.
 */
export async function readIdx(file: string, options: Omit<IdxOptions, "file"> = {}): Promise<IdxArray> {
  return parseIdx(await readFileBytes(file), { ...options, file });
}

/**
 * The IDX bytes of an array of unsigned bytes.
 *
 * @param options.gzip compress them; the same array gives the same bytes. Default: false.
 * @throws {FormatError} a shape IDX cannot hold, or one that `data` does not match.
 */
export function encodeIdx(array: IdxArray, options: { readonly gzip?: boolean } = {}): Uint8Array {
  const { shape, data } = array;
  const fits = shape.every((length) => Number.isInteger(length) && length >= 0 && length <= 0xffffffff);
  if (!fits || shape.length < 1 || shape.length > MAX_DIMENSIONS) {
    throw new FormatError(`IDX cannot hold the shape [${shape.join(", ")}]`);
  }
  if (shape.reduce((product, length) => product * length, 1) !== data.length) {
    throw new FormatError(`the shape [${shape.join(", ")}] does not match ${amount(data.length, "bytes")}`);
  }
  const start = 4 + 4 * shape.length;
  const bytes = new Uint8Array(start + data.length);
  const view = new DataView(bytes.buffer);
  bytes[2] = UINT8;
  bytes[3] = shape.length;
  shape.forEach((length, axis) => {
    view.setUint32(4 + 4 * axis, length);
  });
  bytes.set(data, start);
  return options.gzip ? gzipSync(bytes) : bytes;
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function gunzip(bytes: Uint8Array, { file, maxBytes = mostUnpacked(bytes.length) }: IdxOptions): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    const tooLarge = cause instanceof RangeError;
    const problem = tooLarge ? `unpacks to more than ${amount(maxBytes, "bytes")}` : "is damaged gzip";
    throw new FormatError(problem, { file, cause, hint: tooLarge ? undefined : "fetch the file again" });
  }
}
