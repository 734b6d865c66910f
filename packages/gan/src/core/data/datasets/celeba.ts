import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { asFormatError, FormatError, type ImageArchive } from "@gantry/formats";
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { type ArchivePart, decodingOptions, openArchiveSet } from "../archiveSet.js";
import { firstHolding, inPlaces, isThere, pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const NAME = "celeba";
// Folders as the official drive has them, and as torchvision lays them out.
const IMAGES = [
  "img_align_celeba",
  "img_align_celeba.zip",
  "Img/img_align_celeba",
  "Img/img_align_celeba.zip",
];
const PARTITIONS = ["list_eval_partition.txt", "Eval/list_eval_partition.txt"];
/** What the numbers of the partition stand for. */
const SPLITS = ["train", "val", "test"] as const;

const locate = inPlaces({
  folder: NAME,
  holds: IMAGES,
  remedies: [
    "from mmlab.ie.cuhk.edu.hk/projects/CelebA.html put img_align_celeba.zip and list_eval_partition.txt into FOLDER",
  ],
});

export default defineDataset({
  name: NAME,
  summary: "202,599 faces of celebrities, aligned, colour, 178x218",
  options: z.strictObject({
    path: z.string().min(1).optional().describe("where its files are, instead of the known places"),
    split: z
      .enum([...SPLITS, "all"])
      .default("train")
      .describe("which part of it, by list_eval_partition.txt"),
    ...decodingOptions,
  }),
  locate,
  recognise: async (path) =>
    (await firstOf(path, PARTITIONS)) && (await firstOf(path, IMAGES)) ? "exactly" : undefined,
  open: async (options, context) => {
    const folder = pathOr(options.path, NAME, await locate(context), context);
    const images = await firstOf(folder, IMAGES);
    if (images === undefined)
      throw new FormatError("has no img_align_celeba, neither folder nor .zip", { file: folder });
    const { split } = options;
    const partition = await firstOf(folder, PARTITIONS);
    if (split !== "all" && partition === undefined)
      throw new UsageError(
        `${folder} has no list_eval_partition.txt, which says what its ${split} split is; put it there, or set data.split=all`,
      );
    return await openArchiveSet(
      {
        name: NAME,
        path: images,
        labels: undefined,
        beside: split === "all" ? undefined : partition,
        identity: { split },
        choose: (archive) => part(archive, split, partition),
      },
      options,
      context,
    );
  },
});

async function part(
  archive: ImageArchive,
  split: (typeof SPLITS)[number] | "all",
  partition: string | undefined,
): Promise<ArchivePart> {
  const whole = { archive, classes: undefined, labelSource: undefined };
  if (split === "all" || partition === undefined) return { ...whole, images: archive.images };
  const text = await readFile(partition, "utf8").catch((error: unknown) => {
    throw asFormatError(error, "cannot read", partition);
  });
  const wanted = String(SPLITS.indexOf(split));
  const names = new Set<string>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const [, name, number] = /^(\S+)\s+([012])\s*$/.exec(line) ?? [];
    if (name === undefined)
      throw new FormatError(`line ${at + 1} is not a file's name and 0, 1 or 2`, { file: partition });
    if (number === wanted) names.add(name);
  }
  const images = archive.images.filter((image) =>
    names.has(image.name.slice(image.name.lastIndexOf("/") + 1)),
  );
  if (images.length === 0)
    throw new FormatError(`names no image of ${archive.path} as of the split ${split}`, { file: partition });
  return { ...whole, images };
}

async function firstOf(folder: string, names: readonly string[]): Promise<string | undefined> {
  const places = names.map((name) => join(folder, name));
  return await firstHolding(places, isThere);
}
