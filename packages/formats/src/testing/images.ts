/** What the tests of archives and images share. Not exported from the package. */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { type ImageArchive, openImageArchive } from "../images/archive.js";
import type { DecodeOptions } from "../images/decode.js";
import { decodeArchive } from "../images/decodeAll.js";
import { writeZip } from "../zip.js";
import { temporaryFolder } from "./helpers.js";

export type Colour = readonly [red: number, green: number, blue: number];

export const RED: Colour = [250, 10, 20];

export async function picture(
  format: "png" | "jpeg" | "webp",
  [r, g, b]: Colour = RED,
  width = 8,
  height = 8,
): Promise<Buffer> {
  const image = sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
  return await image.toFormat(format, format === "webp" ? { lossless: true } : {}).toBuffer();
}

export type Files = Readonly<Record<string, Uint8Array | string>>;

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

/** Writes the same files as a folder, a zip and a tar. */
export async function archives(files: Files): Promise<string[]> {
  const root = await temporaryFolder();
  const folder = join(root, "folder");
  await mkdir(folder);
  await writeFiles(folder, files);
  const zip = join(root, "images.zip");
  await writeZip(
    zip,
    Object.entries(files).map(([name, data]) => ({ name, data: Buffer.from(data) })),
  );
  const tar = join(root, "images.tar");
  execFileSync("tar", ["-cf", tar, "-C", folder, "."]);
  return [folder, zip, tar];
}

/** Calls `check` with each of the archives of the same files, open. */
export async function everyArchive(
  files: Files,
  check: (archive: ImageArchive) => Promise<void> | void,
  labels?: string,
): Promise<void> {
  for (const path of await archives(files)) {
    const archive = await openImageArchive(path, { labels });
    try {
      await check(archive);
    } finally {
      await archive.close();
    }
  }
}

/** What decoding gives: pixels by name, problems by name. */
export async function decodeAll(archive: ImageArchive, options: DecodeOptions = {}) {
  const decoded = new Map<string, Uint8Array>();
  const problems = new Map<string, string>();
  for await (const result of decodeArchive(archive, archive.images, options)) {
    if (result.decoded === undefined) problems.set(result.image.name, `${result.reason}: ${result.problem}`);
    else decoded.set(result.image.name, result.decoded.pixels);
  }
  return { decoded, problems };
}
