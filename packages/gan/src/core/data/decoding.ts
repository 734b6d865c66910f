import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { describeSystemError, FormatError, readInto, writeAll, writeFileAtomically } from "@gantry/formats";
import { z } from "zod";
import { amount } from "../base/amount.js";
import { RunError } from "../base/errors.js";
import type { DataContext } from "./context.js";
import { encodeHeader, indexDigest, keptFiles, leftOutsSchema, remarksSchema } from "./kept.js";
import { dropEmptyClasses } from "./labels.js";
import type { ImageShape } from "./resize.js";
import { sizeText } from "./sizes.js";
import { type DecodedItem, Tally } from "./tally.js";

/** A set of images that is to be decoded. */
export interface Decoding {
  readonly name: string;
  /** What the work is called: `decoding photos.zip`. */
  readonly what: string;
  /** How many images there are to decode. */
  readonly total: number;
  readonly classes: readonly string[] | undefined;
  /** The images from number `start` on, in order. Called again where an interruption left off. */
  from(start: number): AsyncIterable<DecodedItem>;
}

/** Milliseconds between two times that the work done is written down: so much is lost when the process is killed. */
const SAVE = 2_000;
/** Bytes written at a time. */
const BLOCK = 1 << 22;

/** How far an interrupted decoding had come: all before `next` is done, and `kept` of these are in the files. */
const journalSchema = z.object({
  next: z.int().min(0),
  kept: z.int().min(0),
  shape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]).optional(),
  leftOut: leftOutsSchema,
  remarks: remarksSchema,
});
type Journal = z.output<typeof journalSchema>;

/**
 * Decodes into the folder `partial`, going on where it was left, and gives the folder its name `whole` when all is in it.
 * Only one process may do so at a time.
 *
 * @throws {RunError} the disk is too small
 * @throws {FormatError} no image can be decoded, or they differ in size
 */
export async function decodeToDisk(
  decoding: Decoding,
  partial: string,
  whole: string,
  context: DataContext,
): Promise<void> {
  await mkdir(partial, { recursive: true });
  const work = await Work.open(decoding, partial, context);
  try {
    await work.decode();
    await work.finish();
  } catch (error) {
    // What the images themselves are to blame for would be met again; what the disk is, may not be.
    if (error instanceof FormatError && error.cause === undefined)
      await rm(partial, { recursive: true, force: true });
    const full = [error, error instanceof Error ? error.cause : undefined].find(isFull);
    if (full !== undefined)
      throw new RunError(
        `${decoding.what}: ${describeSystemError(full)} in ${dirname(whole)}; free some, or set GANTRY_HOME to a folder on a larger disk; what is decoded is kept`,
        { cause: error },
      );
    throw error;
  } finally {
    await work.close();
  }
  await rm(whole, { recursive: true, force: true });
  await rename(partial, whole);
  for (const left of [JOURNAL, LABELS]) await rm(join(whole, left), { force: true });
}

const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT"].includes(String(error.code));

class Work {
  readonly #decoding: Decoding;
  readonly #folder: string;
  readonly #context: DataContext;
  readonly #pixels: FileHandle;
  readonly #checks: Uint32Array;
  readonly #labels: Int32Array;
  readonly #tally: Tally;
  readonly #block = Buffer.alloc(BLOCK);
  #buffered = 0;
  #written: number;
  #shape: ImageShape | undefined;
  /** The image that told the shape of all. */
  #first = "the first image";
  /** Where an earlier start left off. */
  readonly #start: number;
  #next: number;
  #kept: number;
  /** Records whose checksums and labels are on the disk. */
  #saved: number;

  static async open(decoding: Decoding, folder: string, context: DataContext): Promise<Work> {
    const files = keptFiles(folder);
    const checks = new Uint32Array(decoding.total);
    const labels = new Int32Array(decoding.total);
    let journal = await readJournal(join(folder, JOURNAL), decoding.total);
    if (journal?.shape !== undefined) {
      const { kept, shape } = journal;
      const enough = kept * shape[0] * shape[1] * shape[2];
      const sizes = await Promise.all([files.pixels, files.checks, join(folder, LABELS)].map(sizeOf));
      if (sizes[0]! < enough || sizes[1]! < 4 * kept || sizes[2]! < 4 * kept) journal = undefined;
      else {
        await fill(files.checks, checks.subarray(0, kept));
        await fill(join(folder, LABELS), labels.subarray(0, kept));
      }
    } else journal = undefined;
    const pixels = await open(files.pixels, journal === undefined ? "w+" : "r+");
    return new Work(decoding, folder, context, pixels, checks, labels, journal);
  }

  private constructor(
    decoding: Decoding,
    folder: string,
    context: DataContext,
    pixels: FileHandle,
    checks: Uint32Array,
    labels: Int32Array,
    journal: Journal | undefined,
  ) {
    this.#decoding = decoding;
    this.#folder = folder;
    this.#context = context;
    this.#pixels = pixels;
    this.#checks = checks;
    this.#labels = labels;
    this.#tally = new Tally(
      journal && {
        leftOut: journal.leftOut,
        remarks: { deep: journal.remarks.deep, several: journal.remarks.several },
      },
    );
    this.#start = journal?.next ?? 0;
    this.#next = this.#start;
    this.#kept = journal?.kept ?? 0;
    this.#saved = this.#kept;
    this.#shape = journal?.shape;
    this.#written = this.#kept * this.#record;
  }

  get #record(): number {
    return this.#shape === undefined ? 0 : this.#shape[0] * this.#shape[1] * this.#shape[2];
  }

  async decode(): Promise<void> {
    const { total, what, from } = this.#decoding;
    const { signal, onProgress } = this.#context;
    let saved = performance.now();
    if (this.#shape !== undefined && this.#kept > 1) await this.#announce(this.#shape);
    try {
      for await (const item of from(this.#next)) {
        signal?.throwIfAborted();
        await this.#take(item);
        this.#next++;
        onProgress({ what, done: this.#next, total, unit: "images" });
        if (performance.now() - saved < SAVE) continue;
        await this.#save();
        saved = performance.now();
      }
    } catch (error) {
      if (signal?.aborted) await this.#save().catch(() => {});
      throw error;
    }
    await this.#flush();
  }

  async #take(item: DecodedItem): Promise<void> {
    this.#tally.add(item);
    if (item.pixels === undefined) return;
    if (this.#shape === undefined) {
      this.#shape = item.shape;
      this.#first = item.name;
    }
    requireShape(this.#decoding.name, this.#shape, this.#first, item.shape, item.name);
    // Sets of mixed sizes are refused in one line: the second image tells most of them. Nothing is written before.
    if (this.#kept === 1 || this.#decoding.total === 1) await this.#announce(this.#shape);
    this.#checks[this.#kept] = crc32(item.pixels);
    this.#labels[this.#kept] = item.label;
    this.#kept++;
    if (this.#buffered + item.pixels.length > BLOCK) await this.#flush();
    if (item.pixels.length > BLOCK) {
      await writeAll(this.#pixels, item.pixels, this.#written);
      this.#written += item.pixels.length;
      return;
    }
    this.#block.set(item.pixels, this.#buffered);
    this.#buffered += item.pixels.length;
  }

  /** Says where the images go and how much room they take; refuses where there is not so much. */
  async #announce(shape: ImageShape): Promise<void> {
    const { total, what, name } = this.#decoding;
    const folder = dirname(this.#folder);
    const record = shape[0] * shape[1] * shape[2] + 8;
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const needed = (total - this.#next) * record;
    if (needed > free)
      throw new RunError(
        `${name}: its ${amount(total, "images")} of ${shape.join("x")}, decoded, need ${sizeText(needed)} more in ${folder}, where ${sizeText(free)} are free; free some, set GANTRY_HOME to a folder on a larger disk, or take a smaller data.size`,
      );
    const done = this.#start === 0 ? "" : `going on at image ${this.#start.toLocaleString("en")} `;
    this.#context.onNote(
      `${done === "" ? "" : `${done}of `}${what}: ${amount(total, "images")} of ${shape.join("x")} into ${folder}, ${sizeText(total * record)} (${sizeText(free)} free)`,
    );
  }

  async #flush(): Promise<void> {
    await writeAll(this.#pixels, this.#block.subarray(0, this.#buffered), this.#written);
    this.#written += this.#buffered;
    this.#buffered = 0;
  }

  /** Writes down how far the work has come. */
  async #save(): Promise<void> {
    if (this.#shape === undefined) return;
    await this.#flush();
    const files = keptFiles(this.#folder);
    for (const [file, values] of [
      [files.checks, this.#checks],
      [join(this.#folder, LABELS), this.#labels],
    ] as const) {
      const handle = await open(file, this.#saved === 0 ? "w" : "r+");
      const bytes = new Uint8Array(values.buffer, 4 * this.#saved, 4 * (this.#kept - this.#saved));
      await writeAll(handle, bytes, 4 * this.#saved).finally(() => handle.close());
    }
    this.#saved = this.#kept;
    const journal: Journal = {
      next: this.#next,
      kept: this.#kept,
      shape: [...this.#shape],
      ...(this.#tally.result as Pick<Journal, "leftOut" | "remarks">),
    };
    const text = JSON.stringify(journal);
    await writeFileAtomically(join(this.#folder, JOURNAL), new TextEncoder().encode(text));
  }

  /** Checks and names what was decoded, from the file. */
  async finish(): Promise<void> {
    const shape = requireSome(this.#decoding, this.#shape, this.#tally);
    const kept = this.#kept;
    const files = keptFiles(this.#folder);
    await this.#pixels.truncate(kept * this.#record);
    const { classes, labels } = dropEmptyClasses(this.#decoding.classes, this.#labels.subarray(0, kept));
    const digest = await this.#digest(shape, classes, labels);
    const checks = bytesOf(this.#checks.subarray(0, kept));
    const labelBytes = labels === undefined ? new Uint8Array(0) : bytesOf(labels);
    await this.#pixels.sync();
    await writeFileAtomically(files.checks, checks);
    await writeFileAtomically(files.labels, labelBytes);
    const header = { count: kept, shape, classes, digest, ...this.#tally.result };
    await writeFileAtomically(files.header, encodeHeader(header, indexDigest(checks, labelBytes)));
  }

  /** As contentDigest, and each record against its checksum: a power cut may have taken what an earlier start wrote. */
  async #digest(
    shape: ImageShape,
    classes: readonly string[] | undefined,
    labels: Int32Array | undefined,
  ): Promise<string> {
    const record = this.#record;
    const count = this.#kept;
    const hash = createHash("sha256");
    hash.update(JSON.stringify({ kind: "images", shape, classes: classes ?? null, records: count * record }));
    const perBlock = Math.max(1, Math.floor(BLOCK / record));
    const block = new Uint8Array(perBlock * record);
    for (let start = 0; start < count; start += perBlock) {
      this.#context.signal?.throwIfAborted();
      const part = block.subarray(0, Math.min(perBlock, count - start) * record);
      await readInto(this.#pixels, part, start * record);
      for (let at = 0; at < part.length; at += record)
        if (crc32(part.subarray(at, at + record)) !== this.#checks[start + at / record])
          throw new FormatError("the disk lost a part of what was decoded", {
            file: this.#folder,
            hint: "start again",
          });
      hash.update(part);
      this.#context.onProgress({
        what: `checking ${this.#decoding.name}`,
        done: Math.min(count, start + perBlock),
        total: count,
        unit: "images",
      });
    }
    if (labels !== undefined) hash.update(labels);
    return hash.digest("hex");
  }

  async close(): Promise<void> {
    await this.#pixels.close();
  }
}

const JOURNAL = "journal.json";
/** Class numbers as they are before classes without images are dropped. */
const LABELS = "labels.partial.bin";

async function readJournal(file: string, total: number): Promise<Journal | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const journal = journalSchema.parse(JSON.parse(text));
    return journal.next <= total && journal.kept <= journal.next ? journal : undefined;
  } catch {
    return undefined;
  }
}

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => ({ size: 0 }))).size;

async function fill(file: string, values: Uint32Array | Int32Array): Promise<void> {
  const handle = await open(file, "r");
  await readInto(handle, bytesOf(values), 0).finally(() => handle.close());
}

const bytesOf = (values: Uint32Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** @throws {FormatError} two images of different sizes */
export function requireShape(
  set: string,
  shape: ImageShape,
  name: string,
  otherShape: ImageShape,
  other: string,
): void {
  const size = ([, height, width]: ImageShape) => `${width}x${height}`;
  if (size(shape) === size(otherShape)) return;
  throw new FormatError(
    `its images differ in size: ${name} is ${size(shape)}, ${other} is ${size(otherShape)}`,
    { file: set, hint: "give a size to scale them to, as data.size=64" },
  );
}

/** @throws {FormatError} no image was decoded */
export function requireSome(
  { name, total }: Decoding,
  shape: ImageShape | undefined,
  tally: Tally,
): ImageShape {
  if (shape !== undefined) return shape;
  const [example] = tally.result.leftOut;
  throw new FormatError(
    total === 1 ? "its one image cannot be decoded" : `none of ${total} images can be decoded`,
    {
      file: name,
      hint: `the first: ${example?.first}: ${example?.problem}`,
    },
  );
}
