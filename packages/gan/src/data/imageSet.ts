import { z } from "zod";
import { UsageError } from "../errors.js";
import { didYouMean } from "../nearest.js";
import { cached, cacheKey } from "./cache.js";
import type { DataContext } from "./context.js";
import { contentDigest, type Dataset, MemoryDataset, sharedBytes } from "./dataset.js";
import { fitImages, type ImageShape } from "./resize.js";

/** Which items of a data set to keep. */
export const selectionOptions = {
  classes: z.array(z.string()).min(1).optional().describe("names of the classes to keep, renumbered from 0"),
  limit: z.int().min(1).optional().describe("at most so many items, spread evenly over the data set"),
};

/** Height and width to bring images to, in pixels. */
export const sizeOption = z.int().min(1).max(1024).optional().describe("height and width in pixels");

/** What the data sets of small images, all alike, have in common. */
export const imageOptions = {
  path: z.string().min(1).optional().describe("where its files are, instead of the known places"),
  split: z.enum(["train", "test", "all"]).default("train").describe("which part of it"),
  size: sizeOption,
  fit: z
    .enum(["resize", "pad"])
    .default("resize")
    .describe("with size: scale (Lanczos 3), or surround with black"),
  ...selectionOptions,
};

/** Which items stay, and what their classes are then called. */
export interface Selection {
  /** Numbers of the items, rising. */
  readonly kept: Uint32Array;
  readonly classes: readonly string[] | undefined;
  /** New class number of each item kept; undefined where there are no classes. */
  readonly labels: Int32Array | undefined;
}

/**
 * Applies {@link selectionOptions}.
 *
 * @throws {UsageError} a class that there is not, or nothing left.
 */
export function select(
  name: string,
  count: number,
  classes: readonly string[] | undefined,
  labelOf: (item: number) => number,
  options: { readonly classes?: readonly string[] | undefined; readonly limit?: number | undefined },
): Selection {
  const wanted = options.classes;
  for (const one of wanted ?? []) {
    if (classes === undefined) throw new UsageError(`${name} has no classes to choose from`);
    if (!classes.includes(one)) {
      throw new UsageError(
        `${name} has no class "${one}"${didYouMean(one, classes)} (classes: ${classes.join(", ")})`,
      );
    }
  }
  const keptClasses = wanted === undefined ? classes : classes?.filter((one) => wanted.includes(one));
  const renumbered = classes?.map((one) => keptClasses?.indexOf(one) ?? -1);
  const all = Uint32Array.from({ length: count }, (_, item) => item);
  const matching = wanted === undefined ? all : all.filter((item) => renumbered![labelOf(item)]! >= 0);
  if (matching.length === 0)
    throw new UsageError(`${name} has no items of the classes ${wanted?.join(", ")}`);
  const length = Math.min(options.limit ?? matching.length, matching.length);
  const kept = Uint32Array.from(
    { length },
    (_, place) => matching[Math.floor((place * matching.length) / length)]!,
  );
  const labels = renumbered && Int32Array.from(kept, (item) => renumbered[labelOf(item)]!);
  return { kept, classes: keptClasses, labels };
}

/** Images as they come out of one file, with their class numbers. */
export interface ImagePart {
  /** N*C*H*W bytes. */
  readonly images: Uint8Array;
  /** N class numbers; undefined where there are none. */
  readonly labels: Uint8Array | undefined;
}

/** Puts files of images, all of one shape, together as one data set: chosen, brought to size, in shared memory. */
export async function imageSet(
  name: string,
  shape: ImageShape,
  classes: readonly string[] | undefined,
  parts: readonly ImagePart[],
  options: Pick<z.output<z.ZodObject<typeof imageOptions>>, "size" | "fit" | "classes" | "limit">,
  context: DataContext,
): Promise<Dataset> {
  const [channels, height, width] = shape;
  const record = channels * height * width;
  const ends: number[] = [];
  for (const { images } of parts) ends.push((ends.at(-1) ?? 0) + images.length / record);
  const locate = (item: number): { part: ImagePart; at: number } => {
    const index = ends.findIndex((end) => item < end);
    return { part: parts[index]!, at: item - (ends[index - 1] ?? 0) };
  };
  const labelOf = (item: number): number => {
    const { part, at } = locate(item);
    return part.labels![at]!;
  };
  const { kept, labels, classes: names } = select(name, ends.at(-1) ?? 0, classes, labelOf, options);

  const data = sharedBytes(kept.length * record);
  kept.forEach((item, place) => {
    const { part, at } = locate(item);
    data.set(part.images.subarray(at * record, (at + 1) * record), place * record);
  });
  const { size, fit } = options;
  const items = { data, record, parts: 1, table: undefined };
  if (size === undefined || (size === height && size === width)) {
    return new MemoryDataset({ name, kind: "images", shape, classes: names, labels, items });
  }
  const source = contentDigest("images", shape, names, items, labels);
  return await cached(cacheKey({ source, size, fit }), name, context, async () => {
    const fitted = sharedBytes(kept.length * channels * size * size);
    await fitImages(data, shape, size, fit, fitted, (done) => {
      context.signal?.throwIfAborted();
      context.onProgress({ what: `scaling ${name}`, done, total: kept.length, unit: "images" });
    });
    return { shape: [channels, size, size], data: fitted, classes: names, labels, skipped: [] };
  });
}
