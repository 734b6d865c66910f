import { createHash } from "node:crypto";
import type { LeftOut } from "@gantry/formats";
import { eachBlock, isRecordFile, type RecordFile, readRecord } from "./recordFile.js";

/** A data set, opened: in memory or in a file, read by index. Every data set passes the suite in contract.test.ts. */
export interface Dataset {
  /** What to call it, for example `cifar10`, or the file's name for a data set opened by path. */
  readonly name: string;
  readonly kind: "images" | "points";
  /** How many items, at least 1. */
  readonly count: number;
  /** Of one item: images [C,H,W], points [2]. */
  readonly shape: readonly number[];
  /** Names of the classes (of the modes, for points); undefined where items have no labels. */
  readonly classes: readonly string[] | undefined;
  /** SHA-256 over shape, classes, every item and every label, as opened: the same data gives the same digest anywhere. */
  readonly digest: string;
  /** Where the classes come from, as `folders` or `dataset.json`; undefined: the data set is known with them, or has none. */
  readonly labelSource?: string | undefined;
  /** Files that did not become images, by reason. */
  readonly leftOut: readonly LeftOut[];
  /** Where the items lie, for worker threads; undefined where only {@link read} can tell. */
  readonly shared: SharedItems | undefined;
  /**
   * Copies the items at `indices`, in order, into one contiguous array: uint8 0..255 for images, float32 for points.
   *
   * @throws {RangeError} an index that is not a whole number from 0 to `count - 1`.
   */
  read(indices: ArrayLike<number>): Uint8Array | Float32Array;
  /**
   * The class numbers of the items at `indices`, in order; undefined where there are no classes.
   *
   * @throws {RangeError} as {@link read}.
   */
  labels(indices: ArrayLike<number>): Int32Array | undefined;
}

/** One component of a mixture that points are drawn from: a Gaussian, round, with the given centre. */
export interface PointMode {
  readonly mean: readonly number[];
  /** Standard deviation along each coordinate. */
  readonly std: number;
}

/** Points drawn from known modes; the labels number the modes. */
export interface PointsDataset extends Dataset {
  readonly kind: "points";
  readonly modes: readonly PointMode[];
}

/** Whether a data set is points drawn from known modes; of points from a file nobody knows any. */
export function isPoints(dataset: Dataset): dataset is PointsDataset {
  return dataset.kind === "points" && "modes" in dataset;
}

/** Items that threads can share, in memory or in a file. An item is `parts` records, one after the other. */
export interface SharedItems {
  /** All records, contiguous: over a SharedArrayBuffer, or in a file of bytes. */
  readonly data: Uint8Array | Float32Array | RecordFile;
  /** Elements of one record. */
  readonly record: number;
  readonly parts: number;
  /** `count * parts` record numbers: which records make up each item. Undefined: record i is item i, and parts is 1. */
  readonly table: Uint32Array | undefined;
}

/** New bytes, all zero, that threads can share. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

const SMALL_RECORD = 32;

/** Copies the items at `indices` into one new array. Indices are trusted: see {@link checkIndices}. */
export function gather(items: SharedItems, indices: ArrayLike<number>): Uint8Array | Float32Array {
  const { data, record, parts, table } = items;
  const length = indices.length * parts * record;
  const inFile = isRecordFile(data);
  const out = inFile || data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  for (let index = 0, to = 0; index < indices.length; index++) {
    for (let part = 0; part < parts; part++, to += record) {
      const item = indices[index]!;
      const number = table === undefined ? item : table[item * parts + part]!;
      const from = number * record;
      // For a point of two numbers, a view of it costs ten times its copy.
      if (inFile) readRecord(data, number, record, out as Uint8Array, to);
      else if (record > SMALL_RECORD) out.set(data.subarray(from, from + record), to);
      else for (let at = 0; at < record; at++) out[to + at] = data[from + at]!;
    }
  }
  return out;
}

/** @throws {RangeError} an index that is not a whole number from 0 to `count - 1`. */
export function checkIndices(indices: ArrayLike<number>, count: number): void {
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]!;
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw new RangeError(`index ${index} is outside 0..${count - 1}`);
    }
  }
}

/** What a data set is made of whose items threads can share. */
export interface MemoryParts {
  readonly name: string;
  readonly kind: Dataset["kind"];
  readonly shape: readonly number[];
  readonly items: SharedItems;
  /** With `labels`, or neither. */
  readonly classes?: readonly string[] | undefined;
  readonly labels?: Int32Array | undefined;
  readonly labelSource?: string | undefined;
  readonly leftOut?: readonly LeftOut[];
  /** The digest, where it is known already. */
  readonly digest?: string;
}

/** A data set whose items threads can share, in memory or in a file; its labels are in memory. */
export class MemoryDataset implements Dataset {
  readonly name: string;
  readonly kind: Dataset["kind"];
  readonly count: number;
  readonly shape: readonly number[];
  readonly classes: readonly string[] | undefined;
  readonly labelSource: string | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly shared: SharedItems;
  readonly #labels: Int32Array | undefined;
  #digest: string | undefined;

  constructor(parts: MemoryParts) {
    const { items, labels, classes } = parts;
    this.name = parts.name;
    this.kind = parts.kind;
    this.shape = parts.shape;
    this.classes = classes;
    this.labelSource = parts.labelSource;
    this.leftOut = parts.leftOut ?? [];
    this.shared = items;
    this.count =
      items.table === undefined ? elements(items) / items.record : items.table.length / items.parts;
    this.#labels = labels;
    this.#digest = parts.digest;
    const size = parts.shape.reduce((product, length) => product * length, 1);
    const consistent =
      size === items.record * items.parts &&
      Number.isInteger(this.count) &&
      (labels?.length ?? this.count) === this.count &&
      (labels === undefined) === (classes === undefined);
    if (!consistent) throw new TypeError(`the parts of the data set ${parts.name} do not fit together`);
  }

  // Hashing takes about 1 ms a megabyte, and not every use of a data set needs it.
  get digest(): string {
    this.#digest ??= contentDigest(this.kind, this.shape, this.classes, this.shared, this.#labels);
    return this.#digest;
  }

  read(indices: ArrayLike<number>): Uint8Array | Float32Array {
    checkIndices(indices, this.count);
    return gather(this.shared, indices);
  }

  labels(indices: ArrayLike<number>): Int32Array | undefined {
    checkIndices(indices, this.count);
    if (this.#labels === undefined) return undefined;
    const out = new Int32Array(indices.length);
    for (let at = 0; at < out.length; at++) out[at] = this.#labels[indices[at]!]!;
    return out;
  }
}

/** A mixture of points in memory. */
export class MemoryPoints extends MemoryDataset implements PointsDataset {
  declare readonly kind: "points";
  readonly modes: readonly PointMode[];

  constructor(parts: Omit<MemoryParts, "kind">, modes: readonly PointMode[]) {
    super({ ...parts, kind: "points" });
    this.modes = modes;
  }
}

/** How many numbers all records have. */
const elements = ({ data, record }: SharedItems): number =>
  isRecordFile(data) ? data.checks.length * record : data.length;

/** Bytes that go into a hash in one call: it takes less than 2 GiB. */
const PIECE = 1 << 28;

/** See {@link Dataset.digest}. A file is read block by block. */
export function contentDigest(
  kind: Dataset["kind"],
  shape: readonly number[],
  classes: readonly string[] | undefined,
  items: SharedItems,
  labels: Int32Array | undefined,
): string {
  const { data, table } = items;
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ kind, shape, classes: classes ?? null, records: elements(items) }));
  if (isRecordFile(data)) eachBlock(data, (block) => void hash.update(block));
  for (const part of [isRecordFile(data) ? undefined : data, table, labels]) {
    if (part === undefined) continue;
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    for (let at = 0; at < bytes.length; at += PIECE) hash.update(bytes.subarray(at, at + PIECE));
  }
  return hash.digest("hex");
}

/** How many items each class has; undefined where there are no classes. */
export function countClasses(dataset: Dataset): readonly number[] | undefined {
  const { classes, count } = dataset;
  if (classes === undefined) return undefined;
  const counts = new Array<number>(classes.length).fill(0);
  const BLOCK = 65_536;
  for (let start = 0; start < count; start += BLOCK) {
    const length = Math.min(BLOCK, count - start);
    for (const label of dataset.labels(Uint32Array.from({ length }, (_, at) => start + at))!)
      counts[label]!++;
  }
  return counts;
}
