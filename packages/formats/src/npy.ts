import { amount } from "./amount.js";
import { concatBytes, plainBytes } from "./bytes.js";
import {
  type ArrayValue,
  arrayProblem,
  countElements,
  describeShape,
  ITEM_SIZE,
  type NamedArrays,
  swapBytes,
} from "./dtype.js";
import { FormatError, quote } from "./errors.js";
import { checkExpansion } from "./expansion.js";
import { readFileBytes, writeFileAtomically } from "./files.js";
import { isHidden } from "./images/kinds.js";
import { fortranStrides, gather, isContiguous } from "./strided.js";
import { itemSizeOf, swapSizeOf, widened } from "./widen.js";
import { openZip, writeZip } from "./zip.js";

const MAGIC = Buffer.from("\x93NUMPY", "latin1");
const RECORDS = "has records (a structured dtype), which are not supported";
const DAMAGED = "the file is damaged or not from NumPy";

/** Types by NumPy's codes, those that are widened among them. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["f4", "float32"],
  ["f8", "float64"],
  ["f2", "float16"],
  ["i8", "int64"],
  ["i4", "int32"],
  ["i2", "int16"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["b1", "bool"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["c8", "complex64"],
  ["c16", "complex128"],
]);
const CODES = new Map([...TYPES].map(([code, type]) => [type, code]));

/** Whether a file begins as a `.npy` file. */
export const isNpy = (start: Uint8Array): boolean => MAGIC.equals(start.subarray(0, MAGIC.length));

/**
 * The array in a `.npy` file (NumPy's format versions 1.0, 2.0 and 3.0; NEP 1). Big-endian elements are turned around and
 * Fortran order into C order, and types that Gantry has not are widened (widen.ts: unsigned integers of more than a byte,
 * complex numbers); otherwise `data` shares memory with `bytes`. `file` is only named in errors.
 *
 * Throws {@link FormatError} for anything else, among it arrays of Python objects (which are pickles, and could run
 * code), records, text, dates, and uint64 of 2^63 and more.
 */
export function decodeNpy(bytes: Uint8Array, file?: string): ArrayValue {
  const refuse = (problem: string, hint: string = DAMAGED) => new FormatError(problem, { file, hint });
  if (!isNpy(bytes)) throw refuse("does not begin as a .npy file");
  const major = bytes[6];
  if (major === undefined || major < 1 || major > 3) throw refuse(`has .npy version ${major}, not 1, 2 or 3`);
  const lengthSize = major === 1 ? 2 : 4;
  const start = 8 + lengthSize;
  if (bytes.length < start) throw refuse("ends inside its header", "the file is cut off");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const end = start + headerLength;
  if (end > bytes.length) throw refuse("ends inside its header", "the file is cut off");
  // The description of one plain array is short; NumPy itself stops at 10,000 characters.
  if (headerLength > 65_535) throw refuse(`has a header of ${amount(headerLength, "bytes")}`);
  const text = Buffer.from(bytes.subarray(start, end)).toString(major === 3 ? "utf8" : "latin1");

  const header = parseHeader(text);
  if (header === RECORDS) throw refuse(header, "save each of its fields as an array of its own");
  if (typeof header === "string") throw refuse(header);
  const { shape, fortran } = header;
  const order = header.descr[0];
  const type = TYPES.get(header.descr.slice(1));
  if (header.descr.includes("O")) {
    throw refuse(
      "holds Python objects (dtype object), which are not loaded because they could run code",
      "save it again with a numeric dtype",
    );
  }
  if (type === undefined || !(order === "<" || order === ">" || order === "|")) {
    throw refuse(
      `has dtype ${quote(header.descr)}, which is not supported`,
      `save it again as one of ${[...TYPES.keys()].join(", ")}`,
    );
  }
  const stored = plainBytes(bytes.subarray(end));
  const itemSize = itemSizeOf(type) ?? 1;
  const count = countElements(shape) ?? 0;
  if (stored.length !== count * itemSize) {
    throw refuse(
      `${type} of shape ${describeShape(shape)} takes ${amount(count * itemSize, "bytes")}, not ${stored.length}`,
    );
  }

  let data = stored;
  const layout = { shape, strides: fortranStrides(shape), offset: 0 };
  if (fortran && !isContiguous(layout)) data = gather(stored, itemSize, layout, file);
  if (order === ">") {
    if (data === stored) data = new Uint8Array(stored);
    swapBytes(data, swapSizeOf(type));
  }
  const array = widened(type, shape, data, file);
  if (typeof array === "string") throw refuse(array, "save it again as int64 or float64");
  return array;
}

/**
 * A `.npy` file of version 1.0, little-endian and in C order. Throws {@link FormatError} for bfloat16, which NumPy does not
 * have, and if `data` does not fit the shape.
 */
export function encodeNpy(array: ArrayValue): Uint8Array {
  return concatBytes(npyPieces(array, undefined));
}

/** Reads a file by {@link decodeNpy}. */
export async function readNpy(path: string): Promise<ArrayValue> {
  return decodeNpy(await readFileBytes(path), path);
}

/** Writes {@link encodeNpy}'s bytes to a file, atomically. */
export async function writeNpy(path: string, array: ArrayValue): Promise<void> {
  await writeFileAtomically(path, npyPieces(array, path));
}

/** Whether an entry of a zip is an array of a `.npz` file; what macOS puts beside each file has its name. */
export const isNpzArray = (entry: string): boolean => entry.endsWith(".npy") && !isHidden(entry);

/**
 * The arrays of a `.npz` file, which is a zip of `<name>.npy` files. Other files in it, as a zip program may have put there,
 * are left out, and `onNote` is told of them in a line for people. Throws {@link FormatError} as {@link decodeNpy} and
 * openZip do, and for a zip without arrays.
 */
export async function readNpz(
  path: string,
  { onNote }: { readonly onNote?: ((note: string) => void) | undefined } = {},
): Promise<NamedArrays> {
  const zip = await openZip(path);
  try {
    const arrays: NamedArrays = new Map();
    const found = zip.entries.filter(({ name }) => isNpzArray(name));
    const [stranger] = zip.entries.filter((entry) => !found.includes(entry));
    if (found.length === 0 && stranger !== undefined)
      throw new FormatError(`holds no .npy file (the first in it: ${quote(stranger.name)})`, {
        file: path,
        hint: DAMAGED,
      });
    if (stranger !== undefined)
      onNote?.(
        `${path}: left out ${amount(zip.entries.length - found.length, "files")} that are no arrays (the first: ${stranger.name})`,
      );
    checkExpansion(path, found);
    for (const entry of found) {
      arrays.set(
        entry.name.slice(0, -".npy".length),
        decodeNpy(await zip.read(entry), `${path}/${entry.name}`),
      );
    }
    return arrays;
  } finally {
    await zip.close();
  }
}

/** Writes a `.npz` file, atomically; deflated unless `compress` is false. The same arrays in order give the same bytes. */
export async function writeNpz(
  path: string,
  arrays: ReadonlyMap<string, ArrayValue>,
  { compress = true }: { compress?: boolean } = {},
): Promise<void> {
  await writeZip(
    path,
    [...arrays].map(([name, array]) => ({
      name: `${name}.npy`,
      data: concatBytes(npyPieces(array, path)),
      compress,
    })),
  );
}

function npyPieces({ dtype, shape, data }: ArrayValue, file: string | undefined): Uint8Array[] {
  const code = CODES.get(dtype);
  if (code === undefined) {
    throw new FormatError(`NumPy has no ${dtype}`, { file, hint: "convert it to float32 first" });
  }
  const problem = arrayProblem(dtype, shape, data.length);
  if (problem !== undefined) throw new FormatError(problem, { file });
  const order = ITEM_SIZE[dtype] === 1 ? "|" : "<";
  const extents = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': (${extents}), }`;
  // Padded with spaces and a line feed, so that the elements start at a multiple of 64 bytes.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64;
  if (length - 10 > 0xffff)
    throw new FormatError("a shape of so many extents does not fit in .npy", { file });
  const header = Buffer.alloc(length, " ");
  MAGIC.copy(header);
  header.writeUInt16LE(1, 6); // version 1.0: the major byte first
  header.writeUInt16LE(length - 10, 8);
  header.write(text, 10, "latin1");
  header.write("\n", length - 1);
  return [header, data];
}

interface Header {
  /** Byte order, then kind and size, such as `<f4`. */
  descr: string;
  fortran: boolean;
  shape: number[];
}

/** A name and its value in the header, which is a Python dictionary of these three and nothing else. */
const MEMBER =
  /\s*(["'])(\w+)\1\s*:\s*(?:(["'])([^"'\\]*)\3|(True|False)|\(([\d\sL,]*)\))\s*(?:,\s*|(?=\}))/y;

/** The header of a plain array, or what is wrong with it. */
function parseHeader(text: string): Header | string {
  const dictionary = text.trim();
  if (!dictionary.startsWith("{") || !dictionary.endsWith("}"))
    return "has a header that is not a dictionary";
  const header: Partial<Header> = {};
  MEMBER.lastIndex = 1;
  while (MEMBER.lastIndex < dictionary.length - 1) {
    const match = MEMBER.exec(dictionary);
    if (match === null) {
      return dictionary.includes("[") ? RECORDS : "has a header that cannot be understood";
    }
    const [, , name, , string, truth, tuple] = match;
    if (name === "descr" && string !== undefined && header.descr === undefined) header.descr = string;
    else if (name === "fortran_order" && truth !== undefined && header.fortran === undefined) {
      header.fortran = truth === "True";
    } else if (name === "shape" && tuple !== undefined && header.shape === undefined) {
      const shape = parseShape(tuple);
      if (shape === undefined) return `has shape (${tuple}), which is none`;
      header.shape = shape;
    } else return `has a header with an unexpected ${quote(name ?? "")}`;
  }
  const { descr, fortran, shape } = header;
  if (descr === undefined || fortran === undefined || shape === undefined) {
    return "has a header without descr, fortran_order and shape";
  }
  return { descr, fortran, shape };
}

function parseShape(tuple: string): number[] | undefined {
  const parts = tuple.split(",").map((part) => part.trim());
  // (3,) has one extent and () none: a comma may end the list, and one extent needs it.
  if (parts.at(-1) === "") parts.pop();
  else if (parts.length === 1) return undefined;
  // Python 2 wrote long integers with an L.
  const extents = parts.map((part) => (/^\d+L?$/.test(part) ? Number.parseInt(part, 10) : -1));
  return countElements(extents) === undefined ? undefined : extents;
}
