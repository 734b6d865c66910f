import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { didYouMean } from "../base/nearest.js";
import { cached, cacheKey } from "./cache.js";
import type { DataContext } from "./context.js";
import { contentDigest, type Dataset, MemoryDataset, type MemoryParts, sharedBytes } from "./dataset.js";
import { dropEmptyClasses } from "./labels.js";
import { type ImageShape, imageFitter } from "./resize.js";

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
  const tell = (parts: MemoryParts): Dataset => {
    noticeEmpty(name, names, parts.classes, context);
    return new MemoryDataset(parts);
  };
  if (size === undefined || (size === height && size === width)) {
    const own = dropEmptyClasses(names, labels ?? new Int32Array(0));
    return tell({ name, kind: "images", shape, items, ...own });
  }
  const source = contentDigest("images", shape, names, items, labels);
  const fitOne = imageFitter(shape, size, fit);
  const { parts: scaled } = await cached(
    cacheKey({ source, size, fit }),
    {
      name,
      what: `scaling ${name}`,
      total: kept.length,
      classes: names,
      async *from(start) {
        for (let at = start; at < kept.length; at++) {
          if (at % 256 === 0) await setImmediate();
          const pixels = fitOne(data.subarray(at * record, (at + 1) * record));
          yield { name: `image ${at}`, label: labels?.[at] ?? 0, pixels, shape: [channels, size, size] };
        }
      },
    },
    context,
  );
  return tell(scaled);
}

/** Says which classes of a data set have no images here. */
function noticeEmpty(
  name: string,
  classes: readonly string[] | undefined,
  left: readonly string[] | undefined,
  context: DataContext,
): void {
  const empty = (classes ?? []).filter((one) => !left?.includes(one));
  if (empty.length === 0) return;
  const first = empty.slice(0, 5).join(", ");
  context.onNotice(
    `${name}: left out ${empty.length} of its classes, which have no images here: ${first}${empty.length > 5 ? ", ..." : ""}`,
  );
}
