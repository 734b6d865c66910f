import { createHash } from "node:crypto";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, posix } from "node:path";
import { FormatError } from "./errors.js";
import { allocate, asFormatError, readFileBytes } from "./files.js";
import { planes } from "./pngGrid.js";
import { openPicture } from "./sharp.js";
import { openZip } from "./zip.js";

/** One image of an archive. */
export interface ArchiveImage {
  /** Path inside the archive, with `/`. */
  readonly name: string;
  /** Index into the archive's classes; undefined where it has none. */
  readonly label: number | undefined;
  /** `train`, `val` or `test`; undefined where the archive has no splits. */
  readonly split: string | undefined;
}

/** A folder or zip of images, listed but not yet decoded. */
export interface ImageArchive {
  readonly path: string;
  /** Sorted by name, code unit by code unit, so the order is the same everywhere. */
  readonly images: readonly ArchiveImage[];
  /** Names of the class folders, sorted; undefined where the images do not sit in class folders. */
  readonly classes: readonly string[] | undefined;
  /** The splits its outermost folders hold, of `train`, `val`, `test`; empty where they are not splits. */
  readonly splits: readonly string[];
  /** Hash of every name with its checksum (zip) or its size and time of change (folder): changes when the images do. */
  readonly fingerprint: string;
  /** The undecoded bytes of one image. Throws {@link FormatError}. */
  read(image: ArchiveImage): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What comes out of decoding: one contiguous array. */
export interface DecodedImages {
  readonly count: number;
  /** Channels, height, width of every image. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** `count*C*H*W` bytes, in the archive's order. */
  readonly data: Uint8Array;
  /** The images that could be decoded, in order: `count` of them. */
  readonly images: readonly ArchiveImage[];
  /** The broken ones that were left out, in order. */
  readonly skipped: readonly { readonly name: string; readonly problem: string }[];
}

/** How images are decoded. */
export interface DecodeOptions {
  /** Which images. Default: all of the archive. */
  readonly images?: readonly ArchiveImage[];
  /** Height and width to scale every image to, in pixels (Lanczos 3). Default: as stored, all alike. */
  readonly size?: number;
  /** With `size`: keep the shape and cut off what stands out (`centre-crop`, the default), or squeeze (`resize`). */
  readonly fit?: "resize" | "centre-crop";
  /** 3 (default), or 1: grey as ITU-R BT.601 luma, 0.299 R + 0.587 G + 0.114 B. */
  readonly channels?: 1 | 3;
  /** Throw on the first broken image instead of leaving it out. Default: false. */
  readonly strict?: boolean;
  /** Images in work at once. Default: 4. */
  readonly concurrency?: number;
  /** Where the pixels go. Default: ordinary memory. */
  readonly allocate?: (bytes: number) => Uint8Array;
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborting it rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

const EXTENSIONS: ReadonlySet<string> = new Set([".jpg", ".jpeg", ".png", ".webp"]);
const SPLITS: ReadonlyMap<string, string> = new Map([
  ["train", "train"],
  ["training", "train"],
  ["val", "val"],
  ["valid", "val"],
  ["validation", "val"],
  ["test", "test"],
  ["testing", "test"],
]);

interface Listed {
  readonly name: string;
  /** What tells that the bytes have changed. */
  readonly stamp: string;
}

interface Source {
  readonly files: readonly Listed[];
  read(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Lists the JPEG, PNG and WebP images of a folder (with its subfolders) or of a zip file. Hidden files, `__MACOSX` and
 * everything else are passed over.
 *
 * Where all images sit in folders, those folders are the classes. Folders named train, val or test (and their longer
 * forms) around the class folders are splits. Folders that hold everything else are looked through.
 *
 * @param options.split only the images of this split: `train`, `val` or `test`; or `all` (default).
 * @throws {FormatError} nothing there, no images in it, a damaged zip, or a split that it does not have.
 */
export async function openImageArchive(
  path: string,
  options: { readonly split?: string } = {},
): Promise<ImageArchive> {
  const { split = "all" } = options;
  const status = await stat(path).catch((error: unknown) => {
    throw asFormatError(error, "cannot open", path);
  });
  const source = status.isDirectory() ? await openFolder(path) : await openArchive(path);
  try {
    const layout = arrange(source.files);
    if (layout.images.length === 0)
      throw new FormatError("holds no JPEG, PNG or WebP images", { file: path });
    if (split !== "all" && !layout.splits.includes(split)) {
      const has = layout.splits.length === 0 ? "has no splits" : `has the splits ${layout.splits.join(", ")}`;
      throw new FormatError(`${has}, so no split "${split}"`, { file: path });
    }
    return {
      path,
      images: layout.images.filter((image) => split === "all" || image.split === split),
      classes: layout.classes,
      splits: layout.splits,
      fingerprint: fingerprint(source.files),
      read: (image) => source.read(image.name),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Decodes images to unsigned bytes, N,C,H,W. Turned upright by their EXIF orientation; transparency is dropped.
 * A broken image is left out and counted, or refused with `strict`.
 *
 * @throws {FormatError} images of different sizes and no `size`, no image that can be decoded, with `strict` a broken
 * image, or not enough memory.
 */
export async function decodeImages(
  archive: ImageArchive,
  options: DecodeOptions = {},
): Promise<DecodedImages> {
  const {
    images = archive.images,
    channels = 3,
    concurrency = 4,
    strict = false,
    signal,
    onProgress,
  } = options;
  const reserve = options.allocate ?? ((bytes: number) => allocate(bytes, archive.path));
  const problems = new Map<number, string>();

  const attempt = async (index: number): Promise<Decoded | undefined> => {
    const name = images[index]!.name;
    try {
      return await decode(await archive.read(images[index]!), options);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message.split("\n", 1)[0]! : String(cause);
      if (strict)
        throw new FormatError(`the image ${name} is broken: ${problem}`, { file: archive.path, cause });
      problems.set(index, problem);
      return undefined;
    }
  };

  // The first whole image tells the shape of all.
  let first: Decoded | undefined;
  let next = 0;
  for (; first === undefined && next < images.length; next++) {
    signal?.throwIfAborted();
    first = await attempt(next);
  }
  if (first === undefined) {
    const example = problems.get(0);
    throw new FormatError(
      images.length === 1
        ? "its one image cannot be decoded"
        : `none of ${images.length} images can be decoded`,
      {
        file: archive.path,
        ...(example === undefined ? {} : { hint: `the first: ${example}` }),
      },
    );
  }
  const reference = next - 1;
  const { height, width } = first;
  const shape = [channels, height, width] as const;
  const size = channels * height * width;
  const data = reserve(images.length * size);
  const place = (index: number, decoded: Decoded): void => {
    if (decoded.height !== height || decoded.width !== width) {
      throw new FormatError(
        `its images differ in size: ${images[reference]!.name} is ${width}x${height}, ${images[index]!.name} is ${decoded.width}x${decoded.height}`,
        { file: archive.path, hint: "give a size to scale them to" },
      );
    }
    toPlanes(decoded.pixels, shape, data.subarray(index * size, (index + 1) * size));
  };
  place(reference, first);

  let done = next;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < images.length && !failed) {
      signal?.throwIfAborted();
      const index = next++;
      const decoded = await attempt(index);
      if (decoded !== undefined) place(index, decoded);
      done++;
      onProgress?.(done, images.length);
    }
  };
  const work = Array.from({ length: concurrency }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  // Every worker is let finish, so that nobody writes into the array after this function has thrown.
  const failure = (await Promise.allSettled(work)).find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;

  const kept = images.filter((_, index) => !problems.has(index));
  let to = 0;
  for (let index = 0; index < images.length && problems.size > 0; index++) {
    if (problems.has(index)) continue;
    data.copyWithin(to, index * size, (index + 1) * size);
    to += size;
  }
  const skipped = [...problems]
    .sort(([a], [b]) => a - b)
    .map(([index, problem]) => ({ name: images[index]!.name, problem }));
  return { count: kept.length, shape, data: data.subarray(0, kept.length * size), images: kept, skipped };
}

interface Decoded {
  readonly height: number;
  readonly width: number;
  /** H,W,3. */
  readonly pixels: Uint8Array;
}

async function decode(bytes: Uint8Array, { size, fit = "centre-crop" }: DecodeOptions): Promise<Decoded> {
  // sharp goes by the content and reads more formats than these (SVG among them): the content must be what we list.
  if (!isImage(bytes)) throw new FormatError("is not JPEG, PNG or WebP");
  const picture = await openPicture(bytes, { failOn: "error" });
  let image = picture.image.autoOrient();
  if (size !== undefined) image = image.resize(size, size, { fit: fit === "resize" ? "fill" : "cover" });
  const { data, info } = await image
    .removeAlpha()
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new FormatError(`has ${info.channels} channels`);
  return { height: info.height, width: info.width, pixels: data };
}

function isImage(bytes: Uint8Array): boolean {
  const starts = (signature: readonly number[], at = 0) =>
    signature.every((byte, offset) => bytes[at + offset] === byte);
  const jpeg = starts([0xff, 0xd8, 0xff]);
  const png = starts([0x89, 0x50, 0x4e, 0x47]);
  const webp = starts([0x52, 0x49, 0x46, 0x46]) && starts([0x57, 0x45, 0x42, 0x50], 8);
  return jpeg || png || webp;
}

function toPlanes(
  pixels: Uint8Array,
  shape: readonly [channels: number, height: number, width: number],
  out: Uint8Array,
): void {
  if (shape[0] === 3) {
    planes(pixels, shape, out);
    return;
  }
  for (let index = 0, from = 0; index < out.length; index++, from += 3) {
    // BT.601 in 16-bit fixed point, as Pillow's convert("L").
    const luma = pixels[from]! * 19595 + pixels[from + 1]! * 38470 + pixels[from + 2]! * 7471;
    out[index] = (luma + 0x8000) >> 16;
  }
}

interface Arranged {
  readonly images: readonly ArchiveImage[];
  readonly classes: readonly string[] | undefined;
  readonly splits: readonly string[];
}

function arrange(files: readonly Listed[]): Arranged {
  let rest = files.map(({ name }) => ({
    name,
    folders: name.split("/").slice(0, -1),
    split: undefined as string | undefined,
  }));
  const outermost = () => new Set(rest.map(({ folders }) => folders[0]));
  const strip = () => {
    rest = rest.map((image) => ({ ...image, folders: image.folders.slice(1) }));
  };
  // A folder around everything else says nothing, unless it names a split.
  for (let top = outermost(); top.size === 1; top = outermost()) {
    const [only] = top;
    if (only === undefined || splitOf(only) !== undefined) break;
    strip();
  }
  if (rest.length > 0 && rest.every(({ folders }) => splitOf(folders[0]) !== undefined)) {
    rest = rest.map((image) => ({ ...image, split: splitOf(image.folders[0]) }));
    strip();
  }
  const splits = ["train", "val", "test"].filter((name) => rest.some(({ split }) => split === name));
  const names = outermost();
  const labelled = names.size > 1 && !names.has(undefined);
  const classes = labelled ? [...names].filter((name) => name !== undefined).sort(byCodeUnit) : undefined;
  const images = rest.map(({ name, folders, split }) => ({
    name,
    split,
    label: classes?.indexOf(folders[0]!),
  }));
  return { images, classes, splits };
}

function splitOf(folder: string | undefined): string | undefined {
  return folder === undefined ? undefined : SPLITS.get(folder.toLowerCase());
}

function isListed(name: string): boolean {
  const parts = name.split("/");
  return (
    EXTENSIONS.has(posix.extname(name).toLowerCase()) &&
    !parts.some((part) => part.startsWith(".") || part === "__MACOSX")
  );
}

function fingerprint(files: readonly Listed[]): string {
  const hash = createHash("sha256");
  for (const { name, stamp } of files) hash.update(`${name}\0${stamp}\n`);
  return hash.digest("hex");
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byName(a: Listed, b: Listed): number {
  return byCodeUnit(a.name, b.name);
}

async function openArchive(path: string): Promise<Source> {
  const zip = await openZip(path);
  const files = zip.entries
    .filter(({ name }) => isListed(name))
    .map(({ name, size, crc32 }) => ({ name, stamp: `${size} ${crc32}` }))
    .sort(byName);
  return {
    files,
    read: async (name) => {
      const entry = zip.find(name);
      if (entry === undefined) throw new FormatError(`holds no ${name}`, { file: path });
      return await zip.read(entry);
    },
    close: () => zip.close(),
  };
}

async function openFolder(path: string): Promise<Source> {
  const files: Listed[] = [];
  // Links are followed; a folder that links back to one above it is entered once.
  const entered = new Set<string>();
  const walk = async (folder: string, prefix: string): Promise<void> => {
    const real = await realpath(folder);
    if (entered.has(real)) return;
    entered.add(real);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const name = prefix + entry.name;
      const here = join(folder, entry.name);
      if (entry.name.startsWith(".") || entry.name === "__MACOSX") continue;
      if (entry.isDirectory()) {
        await walk(here, `${name}/`);
        continue;
      }
      if (!entry.isSymbolicLink() && !isListed(name)) continue;
      const status = await stat(here).catch(() => undefined);
      if (status?.isDirectory()) await walk(here, `${name}/`);
      if (status?.isFile() && isListed(name)) files.push({ name, stamp: `${status.size} ${status.mtimeMs}` });
    }
  };
  try {
    await walk(path, "");
  } catch (error) {
    throw asFormatError(error, "cannot list", path);
  }
  return {
    files: files.sort(byName),
    read: (name) => readFileBytes(join(path, name)),
    close: async () => {},
  };
}
