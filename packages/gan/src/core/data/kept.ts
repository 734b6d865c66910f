import { createHash } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FormatError, type LeftOut, readFileBytes, readInto } from "@gantry/formats";
import { z } from "zod";
import { contentDigest, type MemoryParts, sharedBytes } from "./dataset.js";
import type { RecordFile } from "./recordFile.js";
import type { ImageShape } from "./resize.js";

/** What a kept set is, beside its pixels: its set.json. */
export interface KeptHeader {
  readonly count: number;
  readonly shape: ImageShape;
  readonly classes: readonly string[] | undefined;
  /** Images that could not be decoded. */
  readonly leftOut: readonly LeftOut[];
  /** What is worth saying of those that could. */
  readonly remarks: Remarks;
  /** {@link Dataset.digest}. */
  readonly digest: string;
}

/** What decoding met that is no fault, and no image's whole content either. */
export interface Remarks {
  /** Images of 16 bits a sample, the first of them by order, and the largest value among them. */
  readonly deep: { readonly count: number; readonly first: string; readonly largest: number } | undefined;
  /** Files of several pictures, of which only the first was taken. */
  readonly several: { readonly count: number; readonly first: string } | undefined;
}

const named = z.object({ count: z.int(), first: z.string() });
const leftOutSchema = named.extend({
  reason: z.enum(["broken", "unreadable"]),
  problem: z.string().optional(),
});
export const remarksSchema = z.object({
  deep: named.extend({ largest: z.number() }).optional(),
  several: named.optional(),
});
export const leftOutsSchema = z.array(leftOutSchema);
const headerSchema = z.object({
  count: z.int().min(1),
  shape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  classes: z.array(z.string()).nullable(),
  leftOut: leftOutsSchema,
  remarks: remarksSchema,
  digest: z.string(),
  /** SHA-256 of checks.bin and labels.bin. */
  index: z.string(),
});

/** The files of a kept set, in a folder of its own: records of bytes, their CRC-32, and their class numbers. */
export const keptFiles = (folder: string) => ({
  pixels: join(folder, "pixels.bin"),
  checks: join(folder, "checks.bin"),
  labels: join(folder, "labels.bin"),
  header: join(folder, "set.json"),
});

export function encodeHeader(header: KeptHeader, index: string): Uint8Array {
  const plain = { ...header, classes: header.classes ?? null, index };
  return new TextEncoder().encode(JSON.stringify(plain));
}

/**
 * The set kept in `folder`; undefined where there is none. In memory, and checked whole, where it takes no more than
 * `inMemory` bytes; else read from its file, each record checked when it is read.
 *
 * @throws {FormatError} damage
 */
export async function openKept(
  folder: string,
  name: string,
  inMemory: number,
): Promise<{ parts: MemoryParts; header: KeptHeader } | undefined> {
  const files = keptFiles(folder);
  const text = await readFile(files.header, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { index, classes: classNames, ...rest } = parseHeader(text, files.header);
  const header = {
    ...rest,
    classes: classNames ?? undefined,
    remarks: { deep: rest.remarks.deep, several: rest.remarks.several },
  };
  const { count, shape, classes, digest } = header;
  const record = shape[0] * shape[1] * shape[2];
  const [checkBytes, labelBytes] = [await readFileBytes(files.checks), await readFileBytes(files.labels)];
  const expected = [4 * count, classes === undefined ? 0 : 4 * count];
  if (
    [checkBytes.length, labelBytes.length].join() !== expected.join() ||
    indexDigest(checkBytes, labelBytes) !== index
  )
    throw new FormatError("is damaged (its checksums or labels are)", { file: folder });
  const checks = new Uint32Array(new SharedArrayBuffer(4 * count));
  checks.set(new Uint32Array(checkBytes.buffer));
  const labels = classes === undefined ? undefined : new Int32Array(labelBytes.buffer);

  const handle = await open(files.pixels, "r").catch(() => {
    throw new FormatError("has lost its pixels", { file: folder });
  });
  try {
    if ((await handle.stat()).size !== count * record)
      throw new FormatError("has not the size that its header says", { file: files.pixels });
    let data: Uint8Array | RecordFile = { path: files.pixels, checks };
    if (count * record <= inMemory) {
      data = sharedBytes(count * record);
      await readInto(handle, data, 0);
    }
    const items = { data, record, parts: 1, table: undefined };
    if (data instanceof Uint8Array && contentDigest("images", shape, classes, items, labels) !== digest)
      throw new FormatError("is damaged (its checksum is wrong)", { file: files.pixels });
    return { parts: { name, kind: "images", shape, classes, labels, items, digest }, header };
  } finally {
    await handle.close();
  }
}

/** SHA-256 of what tells where records' damage is, and what classes they have. */
export function indexDigest(checks: Uint8Array, labels: Uint8Array): string {
  return createHash("sha256").update(checks).update(labels).digest("hex");
}

function parseHeader(text: string, file: string): z.output<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new FormatError("has a damaged header", { file, cause });
  }
}
