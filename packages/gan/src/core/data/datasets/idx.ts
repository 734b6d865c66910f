import { open, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { holdsIdx, readIdxFolder, readIdxImages } from "../idxSet.js";
import { type ImagePart, imageOptions, imageSet } from "../imageSet.js";
import { defineDataset, type Recognition } from "../registry.js";
import type { ImageShape } from "../resize.js";

export default defineDataset({
  name: "idx",
  summary: "IDX files by path: one of images, or a folder with the four files of MNIST",
  options: z.strictObject({ ...imageOptions, path: z.string().min(1).describe("the file or folder") }),
  recognise,
  open: async (options, context) => {
    const path = resolve(context.cwd, options.path);
    const { shape, parts } = await read(path, options.split);
    const labels = parts.flatMap((part) => (part.labels === undefined ? [] : [part.labels]));
    const most = labels.reduce((most, some) => some.reduce((a, b) => Math.max(a, b), most), 0);
    const classes =
      labels.length === 0 ? undefined : Array.from({ length: most + 1 }, (_, label) => String(label));
    return await imageSet(basename(path), shape, classes, parts, options, context);
  },
});

/** For one file, the file is the split. */
async function read(
  path: string,
  split: "train" | "test" | "all",
): Promise<{ shape: ImageShape; parts: readonly ImagePart[] }> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) return await readIdxFolder(path, split);
  const part = await readIdxImages(path, await labelsBeside(path));
  return { shape: part.shape, parts: [part] };
}

/** `train-labels-idx1-ubyte` for `train-images-idx3-ubyte`, plain or gzip, where there is one. */
async function labelsBeside(path: string): Promise<string | undefined> {
  const plain = basename(path).replace(/\.gz$/, "");
  const name = plain.replace("images", "labels").replace("idx3", "idx1");
  if (name === plain) return undefined;
  for (const file of [name, `${name}.gz`]) {
    const status = await stat(join(dirname(path), file)).catch(() => undefined);
    if (status?.isFile()) return join(dirname(path), file);
  }
  return undefined;
}

async function recognise(path: string): Promise<Recognition> {
  const status = await stat(path);
  if (status.isDirectory()) return (await holdsIdx(path)) ? "exactly" : undefined;
  if (!status.isFile()) return undefined;
  const start = new Uint8Array(3);
  const handle = await open(path, "r");
  await handle.read(start, 0, 3, 0).finally(() => handle.close());
  const idx = start.join() === "0,0,8";
  const gzip = start[0] === 0x1f && start[1] === 0x8b && basename(path).includes("idx");
  return idx || gzip ? "exactly" : undefined;
}
