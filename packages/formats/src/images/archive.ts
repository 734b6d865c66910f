import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { FormatError } from "../errors.js";
import { asFormatError } from "../files.js";
import { arrange } from "./arrange.js";
import { openFolder } from "./folderSource.js";
import { LABEL_FILE, sortFile, takeAll } from "./kinds.js";
import { classify, type FileLabels, parseDatasetJson, readLabelFile } from "./labels.js";
import { describeLeftOut, type LeftOut, LeftOutAccount } from "./leftOut.js";
import { LMDB_FILE, openLmdbSource } from "./lmdbSource.js";
import type { ImageSource, Sorter } from "./source.js";
import { openTarSource } from "./tarSource.js";
import { openZipSource } from "./zipSource.js";

/** One image of an archive. */
export interface ArchiveImage {
  /** Path inside the archive, with `/`. */
  readonly name: string;
  /** Index into the archive's classes; undefined where it has none. */
  readonly label: number | undefined;
  /** `train`, `val` or `test`; undefined where the archive has no splits. */
  readonly split: string | undefined;
}

/** A folder, zip, tar or LMDB of images, listed but not yet decoded. */
export interface ImageArchive {
  readonly path: string;
  /** Sorted by name, code unit by code unit, so the order is the same everywhere; of an LMDB, in its own order. */
  readonly images: readonly ArchiveImage[];
  /** Names of the classes, each of at least one image; undefined where there are none. */
  readonly classes: readonly string[] | undefined;
  /** Where the classes come from: `folders`, or the file that gave them; undefined where nothing speaks of classes. */
  readonly labelSource: string | undefined;
  /** The splits its outermost folders hold, of `train`, `val`, `test`; empty where they are not splits. */
  readonly splits: readonly string[];
  /** Files that are no images of it, by reason. */
  readonly leftOut: readonly LeftOut[];
  /** Folders with no image in them, beside those that are classes. */
  readonly emptyFolders: readonly string[];
  /** Names in the file of labels that are no image's. */
  readonly strangers: readonly string[];
  /** Hash of every name with its checksum (zip) or its size and time of change (folder): changes when the images do. */
  readonly fingerprint: string;
  /** The undecoded bytes of one image. Throws {@link FormatError}. */
  read(image: ArchiveImage): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Lists the images of a folder (with its subfolders), of a zip or tar file, or of an LMDB folder: files named as JPEG, PNG,
 * WebP, GIF, TIFF, AVIF, BMP or SVG. Everything else is counted in `leftOut`.
 *
 * Classes come from `options.labels`, a file (CSV of `file,label`, or JSON as StyleGAN's tools write it), or else from
 * the archive's own `dataset.json`, or else from its folders.
 *
 * @throws {FormatError} nothing there, no images in it, a damaged archive, or labels that do not fit
 */
export async function openImageArchive(
  path: string,
  options: { readonly labels?: string | undefined } = {},
): Promise<ImageArchive> {
  const account = new LeftOutAccount();
  // A file of labels may lie among the images.
  const among = options.labels === undefined ? "" : relative(path, options.labels).split(sep).join("/");
  const source = await openSource(path, account, (name) => (name === among ? "taken" : sortFile(name)));
  try {
    const files = source.files.filter(({ name }) => basename(name) !== LABEL_FILE && name !== among);
    const given =
      options.labels === undefined
        ? await ownLabels(source, path)
        : { top: "", file: options.labels, own: undefined, ...(await readLabelFile(options.labels)) };
    for (const { name } of source.files)
      if (basename(name) === LABEL_FILE && name !== among && !(given?.own === name))
        account.add("unknown", name);
    const arranged = arrange(
      files.map(({ name }) => name),
      source.folders,
      account,
      given !== undefined,
    );
    if (arranged.images.length === 0) throw noImages(path, account);
    const labelled = given?.labels === undefined ? undefined : { ...given, labels: given.labels };
    const prefix = labelled === undefined ? "" : topOf(labelled, arranged.images[0]!.name, arranged.top);
    const classed =
      labelled &&
      classify(
        arranged.images.map(({ name }) => name.slice(prefix.length)),
        labelled,
        labelled.file,
      );
    return {
      path,
      images:
        classed === undefined
          ? arranged.images
          : arranged.images.map((image, at) => ({ ...image, label: classed.labelOf[at] })),
      classes: classed?.classes ?? arranged.classes,
      labelSource: given?.source ?? (arranged.classes === undefined ? undefined : "folders"),
      splits: arranged.splits,
      leftOut: account.list(),
      emptyFolders: arranged.emptyFolders,
      strangers: classed?.strangers ?? [],
      fingerprint: fingerprint(files),
      read: (image) => source.read(image.name),
      close: () => source.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function openSource(path: string, account: LeftOutAccount, sorter: Sorter): Promise<ImageSource> {
  const status = await stat(path).catch((error: unknown) => {
    throw asFormatError(error, "cannot open", path);
  });
  if (status.isDirectory()) {
    const isLmdb = (await stat(join(path, LMDB_FILE)).catch(() => undefined))?.isFile() === true;
    return isLmdb ? await openLmdbSource(path, account, takeAll) : await openFolder(path, account, sorter);
  }
  const start = await firstBytes(path);
  if (start[0] === 0x1f && start[1] === 0x8b)
    throw new FormatError("is compressed as a whole, so that no image can be read by itself", {
      file: path,
      hint: "unpack it (gunzip, or tar -xf), and give the .tar or the folder",
    });
  const isTar = /\.tar$/i.test(path) || String.fromCharCode(...start.subarray(257, 262)) === "ustar";
  return await (isTar ? openTarSource : openZipSource)(path, account, sorter);
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(262);
  const handle = await open(path, "r").catch((error: unknown) => {
    throw asFormatError(error, "cannot open", path);
  });
  await handle.read(bytes, 0, bytes.length, 0).finally(() => handle.close());
  return bytes;
}

/** The labels that an archive brings itself, in the outermost dataset.json, with the folder that this lies in. */
async function ownLabels(
  source: ImageSource,
  path: string,
): Promise<(FileLabels & { readonly top: string; readonly file: string; readonly own: string }) | undefined> {
  const [name] = source.files
    .map((file) => file.name)
    .filter((file) => basename(file) === LABEL_FILE)
    .sort((a, b) => a.split("/").length - b.split("/").length);
  if (name === undefined) return undefined;
  const file = `${path}/${name}`;
  const labels = parseDatasetJson(new TextDecoder().decode(await source.read(name)), file);
  return labels && { ...labels, top: name.slice(0, -LABEL_FILE.length), file, own: name };
}

/** What goes before a name in the labels: nothing, the folder of dataset.json, or the folder around everything. */
function topOf(
  { labels, top }: { readonly labels: ReadonlyMap<string, unknown>; readonly top: string },
  first: string,
  around: string,
): string {
  const plain = (name: string) => name.normalize("NFC");
  return (
    [top, "", around].find(
      (prefix) => first.startsWith(prefix) && labels.has(plain(first.slice(prefix.length))),
    ) ?? (first.startsWith(top) ? top : "")
  );
}

function noImages(path: string, account: LeftOutAccount): FormatError {
  const leftOut = account.list();
  const instead = leftOut.length === 0 ? "" : `: its files are ${describeLeftOut(leftOut)}`;
  return new FormatError(`holds no images that can be read${instead}`, { file: path });
}

function fingerprint(files: ImageSource["files"]): string {
  const hash = createHash("sha256");
  for (const { name, stamp } of files) hash.update(`${name}\0${stamp}\n`);
  return hash.digest("hex");
}
