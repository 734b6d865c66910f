import { amount } from "./amount.js";
import { FormatError } from "./errors.js";
import { readFileBytes } from "./files.js";

/** Which of the two binary layouts of www.cs.toronto.edu/~kriz/cifar.html. */
export type CifarVariant = "cifar10" | "cifar100";

/** The records of one CIFAR binary file. */
export interface CifarRecords {
  readonly count: number;
  /** N,3,32,32: red, green, blue planes, rows from the top. */
  readonly images: Uint8Array;
  /** The class of each image: 0..9, or the fine class 0..99. */
  readonly labels: Uint8Array;
  /** CIFAR-100's coarse class of each image, 0..19; undefined for CIFAR-10. */
  readonly coarse: Uint8Array | undefined;
}

/** Shape of one CIFAR image: channels, height, width. */
export const CIFAR_SHAPE = [3, 32, 32] as const;

const PIXELS = 3 * 32 * 32;

// The label bytes in front of the pixels, in file order: how many classes each counts.
const LABELS = {
  cifar10: [{ what: "label", classes: 10 }],
  cifar100: [
    { what: "coarse label", classes: 20 },
    { what: "fine label", classes: 100 },
  ],
} as const satisfies Record<CifarVariant, readonly { what: string; classes: number }[]>;

/**
 * Reads the bytes of one CIFAR binary file: records of 1 + 3072 bytes (CIFAR-10) or 2 + 3072 (CIFAR-100).
 * Any whole number of records is accepted, not only the official 10,000.
 *
 * @param options.into where the pixels go, at least `count * 3072` bytes. Default: a new array.
 * @throws {FormatError} no records, a size that is not a whole number of records, or a label out of range.
 */
export function parseCifar(
  bytes: Uint8Array,
  variant: CifarVariant,
  options: { readonly file?: string; readonly into?: Uint8Array } = {},
): CifarRecords {
  const { file, into } = options;
  const heads = LABELS[variant];
  const record = heads.length + PIXELS;
  if (bytes.length === 0 || bytes.length % record !== 0) {
    throw new FormatError(
      `a length of ${amount(bytes.length, "bytes")} is not a whole number of ${variant === "cifar10" ? "CIFAR-10" : "CIFAR-100"} records of ${record} bytes`,
      { file, hint: "the file is cut short, or of another format" },
    );
  }
  const count = bytes.length / record;
  const images = into?.subarray(0, count * PIXELS) ?? new Uint8Array(count * PIXELS);
  const columns = heads.map(() => new Uint8Array(count));
  for (let index = 0; index < count; index++) {
    const start = index * record;
    heads.forEach(({ what, classes }, column) => {
      const label = bytes[start + column]!;
      if (label >= classes) {
        throw new FormatError(`record ${index} has the ${what} ${label}, outside 0..${classes - 1}`, {
          file,
        });
      }
      columns[column]![index] = label;
    });
    images.set(bytes.subarray(start + heads.length, start + record), index * PIXELS);
  }
  return { count, images, labels: columns.at(-1)!, coarse: heads.length === 2 ? columns[0] : undefined };
}

/**
 * Reads one CIFAR binary file.
 *
 * @throws {FormatError} as {@link parseCifar}, and when the file cannot be read.
 */
export async function readCifar(file: string, variant: CifarVariant): Promise<CifarRecords> {
  return parseCifar(await readFileBytes(file), variant, { file });
}

/**
 * The bytes of a CIFAR binary file; CIFAR-100 when the records carry coarse labels.
 *
 * @throws {FormatError} pixels or labels that do not match `count`.
 */
export function encodeCifar(records: CifarRecords): Uint8Array {
  const { count, images, labels, coarse } = records;
  const columns = coarse === undefined ? [labels] : [coarse, labels];
  if (images.length !== count * PIXELS || columns.some((column) => column.length !== count)) {
    throw new FormatError(`pixels or labels do not match ${count} records`);
  }
  const record = columns.length + PIXELS;
  const bytes = new Uint8Array(count * record);
  for (let index = 0; index < count; index++) {
    const start = index * record;
    columns.forEach((column, offset) => {
      bytes[start + offset] = column[index]!;
    });
    bytes.set(images.subarray(index * PIXELS, (index + 1) * PIXELS), start + columns.length);
  }
  return bytes;
}
