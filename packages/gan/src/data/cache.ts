import { createHash } from "node:crypto";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FormatError, removeStaleTemporaries, writeFileAtomically } from "@gantry/formats";
import { z } from "zod";
import type { DataContext } from "./context.js";
import { contentDigest, type Dataset, MemoryDataset, sharedBytes } from "./dataset.js";
import type { ImageShape } from "./resize.js";

/** Images decoded and chosen: what the cache keeps. */
export interface CachedImages {
  readonly shape: ImageShape;
  /** N*C*H*W bytes over a SharedArrayBuffer. */
  readonly data: Uint8Array;
  readonly classes: readonly string[] | undefined;
  readonly labels: Int32Array | undefined;
  readonly skipped: readonly { readonly name: string; readonly problem: string }[];
}

// One file: these 8 bytes, the header's length (uint32, little-endian), the header (JSON), the pixels, and the labels
// (int32, little-endian) where there are classes. The header's digest is the checksum of all that follows it.
const MAGIC = "GANTRYD1";
const MOST_HEADER = 64 << 20;
const CHUNK = 1 << 30;

const headerSchema = z.object({
  count: z.int().min(1),
  shape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  classes: z.array(z.string()).nullable(),
  skipped: z.array(z.object({ name: z.string(), problem: z.string() })),
  digest: z.string(),
});
type Header = z.output<typeof headerSchema>;

/** Names what was decoded and how: equal inputs, equal key. */
export function cacheKey(identity: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex");
}

/**
 * The images kept under `key` in `cache/datasets/<key>/` of Gantry's home, or else what `decode` makes, kept for the next
 * time. A damaged file is decoded anew; a cache that cannot be written costs the next start, and a notice.
 */
export async function cached(
  key: string,
  name: string,
  context: DataContext,
  decode: () => Promise<CachedImages>,
): Promise<Dataset> {
  const file = keptFile(key, context);
  const folder = dirname(file);
  let found: Dataset | undefined;
  try {
    found = await load(file, name, context);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    context.onNotice(`${error.message}; decoding the images again`);
  }
  if (found !== undefined) return found;

  const images = await decode();
  const { shape, data, classes, labels, skipped } = images;
  const items = { data, record: shape[0] * shape[1] * shape[2], parts: 1, table: undefined };
  const digest = contentDigest("images", shape, classes, items, labels);
  const header: Header = {
    count: data.length / items.record,
    shape: [...shape],
    classes: classes === undefined ? null : [...classes],
    skipped: [...skipped],
    digest,
  };
  noticeSkipped(name, header, context);
  try {
    await mkdir(folder, { recursive: true });
    await removeStaleTemporaries(folder);
    await writeFileAtomically(file, encode(header, data, labels));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.onNotice(`the decoded images could not be kept for the next start: ${reason}`);
  }
  return new MemoryDataset({
    name,
    kind: "images",
    shape,
    classes,
    labels,
    items,
    digest,
    skipped: skipped.length,
  });
}

const keptFile = (key: string, { home }: DataContext) => join(home, "cache", "datasets", key, "images.bin");

/** Milliseconds within which some file systems give two changes the same time. */
const COARSEST = 2000;

/**
 * What is no longer the same when the file at `path` has changed; undefined for a folder, and for a file so new that a change
 * of it might go unnoticed.
 */
export async function fileStamp(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const status = await stat(path, { bigint: true }).catch(() => undefined);
  if (!status?.isFile() || Date.now() - Number(status.mtimeMs) < COARSEST) return undefined;
  const { dev, ino, size, mtimeNs, ctimeNs } = status;
  return { path, stamp: [dev, ino, size, mtimeNs, ctimeNs].map(String) };
}

const linkFile = (identity: Readonly<Record<string, unknown>>, { home }: DataContext) =>
  join(home, "cache", "links", cacheKey(identity));

/** Lets {@link recall} find what is kept under `key`. Where that cannot be written, the next start takes longer. */
export async function remember(
  identity: Readonly<Record<string, unknown>>,
  key: string,
  context: DataContext,
): Promise<void> {
  const link = linkFile(identity, context);
  try {
    await mkdir(dirname(link), { recursive: true });
    await writeFileAtomically(link, new TextEncoder().encode(key));
  } catch {
    // cached() has said so already.
  }
}

/**
 * The images that were once kept for this identity, without listing the archive they came from, which takes longer than
 * reading what was kept of it. Undefined where there are none, or damaged ones.
 */
export async function recall(
  identity: Readonly<Record<string, unknown>>,
  name: string,
  context: DataContext,
): Promise<Dataset | undefined> {
  const key = await readFile(linkFile(identity, context), "utf8").catch(() => "");
  if (!/^[0-9a-f]{64}$/.test(key)) return undefined;
  try {
    return await load(keptFile(key, context), name, context);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function encode(header: Header, data: Uint8Array, labels: Int32Array | undefined): Uint8Array[] {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(MAGIC.length + 4);
  start.set(new TextEncoder().encode(MAGIC));
  new DataView(start.buffer).setUint32(MAGIC.length, json.length, true);
  return [start, json, data, ...(labels === undefined ? [] : [bytesOf(labels)])];
}

/** Undefined where there is no such file. Throws {@link FormatError} for one that is damaged. */
async function load(file: string, name: string, context: DataContext): Promise<Dataset | undefined> {
  const handle = await open(file, "r").catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    let position = 0;
    const fill = async (target: Uint8Array): Promise<void> => {
      for (let done = 0; done < target.length; ) {
        const length = Math.min(CHUNK, target.length - done);
        const { bytesRead } = await handle.read(target, done, length, position);
        if (bytesRead === 0) throw new FormatError("is cut short", { file });
        done += bytesRead;
        position += bytesRead;
      }
    };
    const { size } = await handle.stat();
    const start = new Uint8Array(MAGIC.length + 4);
    await fill(start);
    const length = new DataView(start.buffer).getUint32(MAGIC.length, true);
    if (new TextDecoder().decode(start.subarray(0, MAGIC.length)) !== MAGIC || length > MOST_HEADER) {
      throw new FormatError("is not a file of decoded images", { file });
    }
    const json = new Uint8Array(length);
    await fill(json);
    const header = parseHeader(json, file);
    const { count, digest, shape } = header;
    const classes = header.classes ?? undefined;
    const record = shape[0] * shape[1] * shape[2];
    const labelled = classes !== undefined;
    // Checked before memory is taken: the header may be damaged too.
    if (size !== position + count * record + (labelled ? 4 * count : 0)) {
      throw new FormatError("has not the size that its header says", { file });
    }
    const data = sharedBytes(count * record);
    await fill(data);
    const labels = labelled ? new Int32Array(count) : undefined;
    if (labels !== undefined) await fill(bytesOf(labels));
    const items = { data, record, parts: 1, table: undefined };
    if (contentDigest("images", shape, classes, items, labels) !== digest) {
      throw new FormatError("is damaged (its checksum is wrong)", { file });
    }
    noticeSkipped(name, header, context);
    const skipped = header.skipped.length;
    return new MemoryDataset({ name, kind: "images", shape, classes, labels, items, digest, skipped });
  } finally {
    await handle.close();
  }
}

function parseHeader(json: Uint8Array, file: string): Header {
  try {
    return headerSchema.parse(JSON.parse(new TextDecoder().decode(json)));
  } catch (cause) {
    throw new FormatError("has a damaged header", { file, cause });
  }
}

function noticeSkipped(name: string, { skipped }: Header, context: DataContext): void {
  const [first] = skipped;
  if (first === undefined) return;
  const several = skipped.length === 1 ? "1 broken image" : `${skipped.length} broken images`;
  context.onNotice(`${name}: left out ${several} (the first: ${first.name}: ${first.problem})`);
}

function bytesOf(labels: Int32Array): Uint8Array {
  return new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
}
