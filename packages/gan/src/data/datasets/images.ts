import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { decodeImages, type ImageArchive, openImageArchive } from "@gantry/formats";
import { z } from "zod";
import { UsageError } from "../../errors.js";
import { cached, cacheKey, fileStamp, recall, remember } from "../cache.js";
import type { DataContext } from "../context.js";
import { type Dataset, sharedBytes } from "../dataset.js";
import { select, selectionOptions, sizeOption } from "../imageSet.js";
import { defineDataset, type Recognition } from "../registry.js";

const optionsSchema = z.strictObject({
  path: z.string().min(1).describe("the folder or zip file"),
  split: z
    .enum(["train", "val", "test", "all"])
    .optional()
    .describe("where its outermost folders are splits; train unless said, or all where there are none"),
  size: sizeOption,
  fit: z
    .enum(["centre-crop", "resize"])
    .default("centre-crop")
    .describe("with size: cut off what stands out, or squeeze"),
  channels: z.literal([1, 3]).default(3).describe("1: grey"),
  strict: z.boolean().default(false).describe("refuse broken images instead of leaving them out"),
  ...selectionOptions,
});
type Options = z.output<typeof optionsSchema>;

export default defineDataset({
  name: "images",
  summary: "a folder or zip of JPEG, PNG and WebP images by path; folders in it are classes",
  options: optionsSchema,
  recognise,
  open: async (options, context) => {
    const path = resolve(context.cwd, options.path);
    const name = basename(path);
    const stamp = await fileStamp(path);
    const identity = stamp && { ...options, ...stamp };
    let dataset = identity && (await recall(identity, name, context));
    if (dataset === undefined) {
      const listed = await openListed(path, options, context);
      dataset = listed.dataset;
      if (identity !== undefined) await remember(identity, listed.key, context);
    }
    if (options.strict && dataset.skipped > 0)
      throw new UsageError(`${name}: ${dataset.skipped} of its images are broken`);
    return dataset;
  },
});

/** Lists the archive, and decodes what it holds unless that was done before. @returns the cache's key beside the data */
async function openListed(
  path: string,
  options: Options,
  context: DataContext,
): Promise<{ dataset: Dataset; key: string }> {
  const { size, fit, channels, strict } = options;
  const archive = await openImageArchive(path);
  try {
    const name = basename(path);
    const inSplit = chooseSplit(archive, options.split);
    const { kept, classes, labels } = select(
      name,
      inSplit.length,
      archive.classes,
      (item) => inSplit[item]!.label!,
      options,
    );
    const images = [...kept].map((item) => inSplit[item]!);
    // The names are part of it: what is kept depends on options, and on how folders are understood.
    const key = cacheKey({
      fingerprint: archive.fingerprint,
      images: images.map((image) => image.name),
      classes: classes ?? null,
      preprocessing: { size: size ?? null, fit: size === undefined ? null : fit, channels },
    });
    const dataset = await cached(key, name, context, async () => {
      const labelOf = new Map(images.map((image, place) => [image, labels?.[place] ?? 0]));
      const decoded = await decodeImages(archive, {
        images,
        fit,
        channels,
        strict,
        allocate: sharedBytes,
        signal: context.signal,
        onProgress: (done, total) =>
          context.onProgress({ what: `decoding ${name}`, done, total, unit: "images" }),
        ...(size === undefined ? {} : { size }),
      });
      return {
        shape: decoded.shape,
        data: decoded.data,
        classes,
        labels: labels && Int32Array.from(decoded.images, (image) => labelOf.get(image)!),
        skipped: decoded.skipped,
      };
    });
    return { dataset, key };
  } finally {
    await archive.close();
  }
}

function chooseSplit(archive: ImageArchive, asked: string | undefined): ImageArchive["images"] {
  const split = asked ?? (archive.splits.includes("train") ? "train" : "all");
  if (split === "all") return archive.images;
  const images = archive.images.filter((image) => image.split === split);
  if (images.length > 0) return images;
  const has = archive.splits.length === 0 ? "no splits" : `the splits ${archive.splits.join(", ")}`;
  throw new UsageError(`${archive.path} has ${has}, so no split "${split}"`);
}

async function recognise(path: string): Promise<Recognition> {
  const status = await stat(path);
  return status.isDirectory() || /\.zip$/i.test(path) ? "broadly" : undefined;
}
