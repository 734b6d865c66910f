import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FormatError, readIdx } from "@gantry/formats";
import { amount } from "../base/amount.js";
import type { ImagePart } from "./imageSet.js";
import type { ImageShape } from "./resize.js";

const STEMS = { train: "train", test: "t10k" } as const;

/** Training images in IDX files named as MNIST's are: the names, any of which a folder may have. */
export const idxImages = (): string[] => filesOf("train", "images");

/** Whether a folder holds such. */
export async function holdsIdx(folder: string): Promise<boolean> {
  return (await findIdx(folder, "train", "images")) !== undefined;
}

/** Images and labels of some splits of a folder with MNIST's four files, each plain or gzip. */
export async function readIdxFolder(
  folder: string,
  split: "train" | "test" | "all",
): Promise<{ shape: ImageShape; parts: ImagePart[] }> {
  const splits = split === "all" ? (["train", "test"] as const) : [split];
  const read = splits.map(async (one) => {
    const [images, labels] = await Promise.all([
      requireIdx(folder, one, "images"),
      requireIdx(folder, one, "labels"),
    ]);
    return await readIdxImages(images, labels);
  });
  const parts = await Promise.all(read);
  const shape = parts[0]!.shape;
  const odd = parts.find((part) => part.shape.join() !== shape.join());
  if (odd !== undefined) {
    throw new FormatError(`its splits differ in shape: [${shape}] and [${odd.shape}]`, { file: folder });
  }
  return { shape, parts };
}

/** One IDX file of N,H,W images, with the IDX file of its N labels where there is one. */
export async function readIdxImages(
  imagesFile: string,
  labelsFile: string | undefined,
): Promise<ImagePart & { shape: ImageShape }> {
  const images = await readIdx(imagesFile, { dimensions: 3 });
  const [count, height, width] = images.shape as [number, number, number];
  if (images.data.length === 0) throw new FormatError("holds no images", { file: imagesFile });
  const shape = [1, height, width] as const;
  if (labelsFile === undefined) return { shape, images: images.data, labels: undefined };
  const labels = await readIdx(labelsFile, { dimensions: 1 });
  if (labels.data.length !== count) {
    throw new FormatError(
      `has ${amount(labels.data.length, "labels")} for the ${count} images of ${imagesFile}`,
      {
        file: labelsFile,
      },
    );
  }
  return { shape, images: images.data, labels: labels.data };
}

/** Refuses labels past the last class. */
export function checkLabels(parts: readonly ImagePart[], classes: number, file: string): void {
  for (const { labels } of parts) {
    const wrong = labels?.find((label) => label >= classes);
    if (wrong !== undefined)
      throw new FormatError(`has the label ${wrong}, outside 0..${classes - 1}`, { file });
  }
}

async function requireIdx(
  folder: string,
  split: "train" | "test",
  what: "images" | "labels",
): Promise<string> {
  const found = await findIdx(folder, split, what);
  if (found !== undefined) return found;
  throw new FormatError(`has no ${filesOf(split, what)[0]}, plain or .gz`, { file: folder });
}

async function findIdx(
  folder: string,
  split: "train" | "test",
  what: "images" | "labels",
): Promise<string | undefined> {
  for (const file of filesOf(split, what)) {
    const status = await stat(join(folder, file)).catch(() => undefined);
    if (status?.isFile()) return join(folder, file);
  }
  return undefined;
}

/** The official name, and the one some mirrors unpack it to, each plain or gzip. */
function filesOf(split: "train" | "test", what: "images" | "labels"): string[] {
  const rank = what === "images" ? 3 : 1;
  const names = [`${STEMS[split]}-${what}-idx${rank}-ubyte`, `${STEMS[split]}-${what}.idx${rank}-ubyte`];
  return names.flatMap((name) => [name, `${name}.gz`]);
}
