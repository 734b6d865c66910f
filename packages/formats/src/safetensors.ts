import { amount } from "./amount.js";
import { concatBytes, plainBytes } from "./bytes.js";
import {
  type ArrayValue,
  arrayProblem,
  countElements,
  type Dtype,
  describeShape,
  ITEM_SIZE,
  type NamedArrays,
} from "./dtype.js";
import { FormatError, quote } from "./errors.js";
import { readFileBytes, writeFileAtomically } from "./files.js";
import { findDuplicateKey } from "./json.js";
import { itemSizeOf, widened } from "./widen.js";

/** What a safetensors file holds. */
export interface Safetensors {
  /** In the order of the file. */
  arrays: NamedArrays;
  /** The free text of the header's `__metadata__`; empty if there is none. */
  metadata: Record<string, string>;
}

/** The limit of the reference implementation, in bytes. */
const MOST_HEADER = 100_000_000;
/** What a header may have of brackets, braces and commas, each of which can cost 100 bytes of memory: 8 an array. */
const MOST_PARTS = 1_000_000;
const METADATA = "__metadata__";
const DAMAGED = "the file is damaged or not safetensors";

const NAMES: Readonly<Record<Dtype, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};
/** And the types that are widened. */
const TYPES = new Map([
  ...Object.entries(NAMES).map(([dtype, name]) => [name, dtype] as const),
  ["U16", "uint16"],
  ["U32", "uint32"],
  ["U64", "uint64"],
  ["C64", "complex64"],
  ["F8_E4M3", "float8_e4m3fn"],
  ["F8_E5M2", "float8_e5m2"],
]);

/**
 * A safetensors file (https://huggingface.co/docs/safetensors): eight bytes of header length, a header in JSON padded with
 * spaces to a multiple of eight bytes, then the arrays without gaps.
 *
 * The same arrays and metadata give the same bytes, in whatever order they come: arrays are sorted by element size, the
 * largest first, then by name (so that each lies aligned for its type); metadata is sorted by key. Throws
 * {@link FormatError} if an array's bytes do not fit its shape, or an array is named `__metadata__`.
 */
export function encodeSafetensors(
  arrays: ReadonlyMap<string, ArrayValue>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return concatBytes(pieces(arrays, metadata, undefined));
}

/** Writes {@link encodeSafetensors}' bytes to a file, atomically, without a second copy of the arrays in memory. */
export async function writeSafetensors(
  path: string,
  arrays: ReadonlyMap<string, ArrayValue>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomically(path, pieces(arrays, metadata, path));
}

function pieces(
  arrays: ReadonlyMap<string, ArrayValue>,
  metadata: Readonly<Record<string, string>>,
  file: string | undefined,
): Uint8Array[] {
  const sorted = [...arrays].sort(
    ([a, { dtype: p }], [b, { dtype: q }]) => ITEM_SIZE[q] - ITEM_SIZE[p] || compare(a, b),
  );
  const header: [string, unknown][] = [];
  const texts = Object.entries(metadata).sort(([a], [b]) => compare(a, b));
  if (texts.length > 0) header.push([METADATA, Object.fromEntries(texts)]);
  let offset = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === METADATA) throw new FormatError(`an array cannot be named ${METADATA}`, { file });
    const problem = arrayProblem(dtype, shape, data.length);
    if (problem !== undefined) throw new FormatError(`array ${quote(name)}: ${problem}`, { file });
    const end = offset + data.length;
    header.push([name, { dtype: NAMES[dtype], shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  // Not JSON.stringify of one object: that would move names that look like numbers to the front.
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = Buffer.from(`{${members.join(",")}}`);
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  if (padded.length - 8 > MOST_HEADER) throw new FormatError("the header is over 100 MB", { file });
  padded.writeBigUInt64LE(BigInt(padded.length - 8));
  json.copy(padded, 8);
  return [padded, ...sorted.map(([, { data }]) => data)];
}

/** Whether a file begins as safetensors: a header's length, and a brace. */
export function isSafetensors(start: Uint8Array): boolean {
  if (start.length < 9 || start[8] !== 0x7b) return false;
  return new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true) <= MOST_HEADER;
}

/**
 * The arrays of a safetensors file. They share memory with `bytes`; `file` is only named in errors.
 *
 * Throws {@link FormatError} for everything the specification forbids: a header that is over 100 MB, longer than the
 * file, not a JSON object, or has a name twice; unknown element types; offsets that overlap, leave holes, do not fit the
 * shape, or do not end where the file does.
 */
export function decodeSafetensors(bytes: Uint8Array, file?: string): Safetensors {
  const refuse = (problem: string, hint: string = DAMAGED) => new FormatError(problem, { file, hint });
  if (bytes.length < 8)
    throw refuse(`has ${amount(bytes.length, "bytes")}, too few for a safetensors header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > MOST_HEADER) throw refuse(`claims a header of ${length} bytes; the limit is ${MOST_HEADER}`);
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw refuse(`claims a header of ${length} bytes, and has ${bytes.length - 8}`, "the file is cut off");
  }
  const body = plainBytes(bytes.subarray(start));
  const { __metadata__: texts, ...members } = parseHeader(bytes.subarray(8, start), refuse);

  const entries = Object.entries(members).map(([name, value]) => {
    const entry = parseEntry(value);
    if (typeof entry === "string") throw refuse(`array ${quote(name)} ${entry}`);
    return { name, ...entry };
  });
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end || compare(a.name, b.name));
  const arrays: NamedArrays = new Map();
  let position = 0;
  for (const { name, type, shape, begin, end } of entries) {
    if (begin < position) throw refuse(`array ${quote(name)} overlaps the one before it`);
    if (begin > position)
      throw refuse(`no array has the ${amount(begin - position, "bytes")} before ${quote(name)}`);
    if (end > body.length) {
      throw refuse(`array ${quote(name)} ends at byte ${end} of ${body.length}`, "the file is cut off");
    }
    const count = countElements(shape);
    if (count === undefined) throw refuse(`array ${quote(name)}: ${describeShape(shape)} is not a shape`);
    const size = count * (itemSizeOf(type) ?? 1);
    if (size !== end - begin) {
      const what = `${type} of shape ${describeShape(shape)}`;
      throw refuse(`array ${quote(name)}: ${what} takes ${amount(size, "bytes")}, not ${end - begin}`);
    }
    const array = widened(type, shape, body.subarray(begin, end), file);
    if (typeof array === "string") throw refuse(`array ${quote(name)} ${array}`);
    arrays.set(name, array);
    position = end;
  }
  if (position < body.length)
    throw refuse(`has ${amount(body.length - position, "bytes")} after the last array`);
  return { arrays, metadata: parseMetadata(texts, refuse) };
}

/** Reads a file by {@link decodeSafetensors}. */
export async function readSafetensors(path: string): Promise<Safetensors> {
  return decodeSafetensors(await readFileBytes(path), path);
}

type Refuse = (problem: string) => FormatError;

function parseHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw refuse("its header does not begin with {");
  // Counted before anything is made of it: V8 does not survive running out of memory.
  let parts = 0;
  for (const byte of bytes) if (byte === 0x2c || byte === 0x5b || byte === 0x7b) parts++;
  if (parts > MOST_PARTS)
    throw refuse(`has a header of ${amount(parts, "parts")}; the limit is ${MOST_PARTS}`);
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    throw refuse(`its header is not JSON (${error instanceof Error ? error.message : error})`);
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw refuse(`its header has ${quote(duplicate)} twice`);
  if (!isRecord(header)) throw refuse("its header is not a JSON object");
  return header;
}

function parseMetadata(value: unknown, refuse: Refuse): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) throw refuse(`${METADATA} is not an object`);
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => {
      if (typeof text !== "string") throw refuse(`${METADATA}: ${quote(key)} is not text`);
      return [key, text];
    }),
  );
}

interface Entry {
  type: string;
  shape: number[];
  begin: number;
  end: number;
}

/** A member of the header, or what is wrong with it. */
function parseEntry(value: unknown): Entry | string {
  if (!isRecord(value)) return "is not described by an object";
  const { dtype: dtypeName, shape, data_offsets: offsets } = value;
  if (typeof dtypeName !== "string") return "has no dtype";
  const type = TYPES.get(dtypeName);
  if (type === undefined) {
    return `has dtype ${quote(dtypeName)}, which is none of ${[...TYPES.keys()].join(", ")}`;
  }
  if (!isCounts(shape)) return "has a shape that is not a list of counts";
  if (!isCounts(offsets)) return "has data_offsets that are not counts";
  const [begin, end, ...rest] = offsets;
  if (begin === undefined || end === undefined || rest.length > 0) return "has not two data_offsets";
  if (end < begin) return "ends before it begins";
  return { type, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0);
}

/** By code units, the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
