import { createHash } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describeSystemError, FormatError } from "@gantry/formats";
import { RunError } from "../base/errors.js";
import { claim } from "./claim.js";
import type { DataContext } from "./context.js";
import { type MemoryParts, sharedBytes } from "./dataset.js";
import { type Decoding, decodeToDisk, requireShape, requireSome } from "./decoding.js";
import { type KeptHeader, keptFiles, openKept } from "./kept.js";
import { dropEmptyClasses } from "./labels.js";
import type { ImageShape } from "./resize.js";
import { sizeText } from "./sizes.js";
import { type Tallied, Tally } from "./tally.js";

/** What a set is, once decoded, and what became of the images that are not in it. */
export interface Cached extends Tallied {
  readonly parts: MemoryParts;
}

/** Goes up when the same images would come out otherwise: what was kept before is then no longer found. */
const VERSION = 2;

/** Names what was decoded and how: equal inputs, equal key. */
export function cacheKey(identity: Readonly<Record<string, unknown>>): string {
  return createHash("sha256")
    .update(JSON.stringify({ version: VERSION, ...identity }))
    .digest("hex");
}

const keptFolder = (key: string, { home }: DataContext) => join(home, "cache", "images", key);

/**
 * The images kept under `key` in `cache/images/<key>/` of Gantry's home, or else what is decoded, kept for the next time. What
 * another process is decoding is waited for; damage is decoded anew; where nothing can be written, a set that fits in
 * memory costs the next start, and a notice.
 */
export async function cached(key: string, decoding: Decoding, context: DataContext): Promise<Cached> {
  const folder = keptFolder(key, context);
  const found = await openSound(folder, decoding, context);
  if (found !== undefined) return found;
  try {
    await mkdir(dirname(folder), { recursive: true });
  } catch (error) {
    return await decodeInMemory(decoding, context, error);
  }
  const isDone = async () => (await stat(keptFiles(folder).header).catch(() => undefined)) !== undefined;
  const wait = () =>
    context.onProgress({
      what: `waiting for another process that is ${decoding.what}`,
      done: 0,
      total: undefined,
      unit: "images",
    });
  let own: Awaited<ReturnType<typeof claim>>;
  try {
    own = await claim(`${folder}.claim`, isDone, wait, context.signal);
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    return await decodeInMemory(decoding, context, error);
  }
  try {
    // Somebody else may have done it.
    const done = await openKept(folder, decoding.name, context.inMemory);
    if (done === undefined) await decodeToDisk(decoding, `${folder}.partial`, folder, context);
    return asCached((done ?? (await openKept(folder, decoding.name, context.inMemory)))!);
  } finally {
    await own?.release();
  }
}

const asCached = ({ parts, header }: { parts: MemoryParts; header: KeptHeader }): Cached => ({
  parts,
  leftOut: header.leftOut,
  remarks: header.remarks,
});

/** What is kept, if it is sound; what is damaged is taken away. */
async function openSound(
  folder: string,
  { name }: Decoding,
  context: DataContext,
): Promise<Cached | undefined> {
  try {
    const kept = await openKept(folder, name, context.inMemory);
    return kept && asCached(kept);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    context.onNotice(`${error.message}; decoding the images again`);
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
}

/** @param reason why nothing can be kept */
async function decodeInMemory(decoding: Decoding, context: DataContext, reason: unknown): Promise<Cached> {
  const { name, total, what } = decoding;
  const problem = `the decoded images cannot be kept in ${join(context.home, "cache")}: ${describeSystemError(reason)}`;
  context.onNotice(problem);
  const tally = new Tally(undefined);
  const labels: number[] = [];
  let data: Uint8Array | undefined;
  let first: { readonly shape: ImageShape; readonly name: string } | undefined;
  let done = 0;
  for await (const item of decoding.from(0)) {
    context.signal?.throwIfAborted();
    tally.add(item);
    context.onProgress({ what, done: ++done, total, unit: "images" });
    if (item.pixels === undefined) continue;
    first ??= item;
    requireShape(name, first.shape, first.name, item.shape, item.name);
    const bytes = total * item.pixels.length;
    if (bytes > context.inMemory)
      throw new RunError(`${problem}; and ${sizeText(bytes)} do not go into memory; set GANTRY_HOME`);
    data ??= sharedBytes(bytes);
    data.set(item.pixels, labels.length * item.pixels.length);
    labels.push(item.label);
  }
  const shape = requireSome(decoding, first?.shape, tally);
  const record = shape[0] * shape[1] * shape[2];
  const items = { data: data!.subarray(0, labels.length * record), record, parts: 1, table: undefined };
  const named = dropEmptyClasses(decoding.classes, Int32Array.from(labels));
  return { parts: { name, kind: "images", shape, items, ...named }, ...tally.result };
}
