import { posix } from "node:path";
import type { Sorter } from "./source.js";

/** Kinds of images that are read, by what their files are called; content decides which of them a file is. */
const READ: ReadonlySet<string> = new Set([
  ..."jpg jpeg jpe jfif png apng webp gif tif tiff avif bmp dib svg".split(" ").map((name) => `.${name}`),
]);

/** For what iPhones write: `heif-convert photo.heic photo.jpg`. */
export const HEIC_REMEDY =
  "convert such images to JPEG, as heif-convert does (of libheif-examples), or let the phone write JPEG";

/** Kinds of images that are known, and not read. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  ".heic": "HEIC",
  ".heif": "HEIF",
  ".jxl": "JPEG XL",
  ".jp2": "JPEG 2000",
  ".j2k": "JPEG 2000",
  ".psd": "Photoshop",
  ".exr": "OpenEXR",
  ".hdr": "Radiance",
  ".tga": "TGA",
  ".ico": "ICO",
  ".ppm": "PPM",
  ".pgm": "PGM",
  ".pbm": "PBM",
  ".pnm": "PNM",
  ".dng": "raw photographs",
  ".cr2": "raw photographs",
  ".nef": "raw photographs",
  ".arw": "raw photographs",
};

/** What makes images of such a kind ones that are read. */
const REMEDIES: Readonly<Record<string, string>> = {
  HEIC: HEIC_REMEDY,
  HEIF: HEIC_REMEDY,
  "raw photographs": "export JPEG from the program that develops them",
};

/** What is said of a file whose kind is known and not read: `PPM; convert such images to PNG`. */
export function unsupportedKind(name: string): string | undefined {
  const kind = UNSUPPORTED[posix.extname(name).toLowerCase()];
  return kind === undefined ? undefined : `${kind}; ${REMEDIES[kind] ?? "convert such images to PNG"}`;
}

/** Where StyleGAN's tools put labels. */
export const LABEL_FILE = "dataset.json";

export const sortFile: Sorter = (name) => {
  if (isHidden(name)) return "hidden";
  const extension = posix.extname(name).toLowerCase();
  if (READ.has(extension) || posix.basename(name) === LABEL_FILE) return "taken";
  return extension in UNSUPPORTED ? "unsupported" : "unknown";
};

/** In an LMDB of images the keys say nothing of the values: all are images. */
export const takeAll: Sorter = () => "taken";

export function isHidden(name: string): boolean {
  return name.split("/").some((part) => part.startsWith(".") || part === "__MACOSX");
}

export type ImageKind = "jpeg" | "png" | "webp" | "gif" | "tiff" | "heif" | "bmp" | "svg";

/** What the bytes of a file say that it is; undefined for what is not read. */
export function kindOf(bytes: Uint8Array): ImageKind | undefined {
  const starts = (signature: string, at = 0) =>
    bytes.length >= at + signature.length &&
    [...signature].every((character, offset) => bytes[at + offset] === character.charCodeAt(0));
  if (starts("\xff\xd8\xff")) return "jpeg";
  if (starts("\x89PNG")) return "png";
  if (starts("RIFF") && starts("WEBP", 8)) return "webp";
  if (starts("GIF8")) return "gif";
  if (["II*\0", "MM\0*", "II+\0", "MM\0+"].some((order) => starts(order))) return "tiff";
  if (starts("ftyp", 4)) return "heif";
  if (starts("BM")) return "bmp";
  const text = new TextDecoder().decode(bytes.subarray(0, 1024));
  return /^\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)/i.test(text.replace(/^\ufeff/, "")) && text.includes("<svg")
    ? "svg"
    : undefined;
}
