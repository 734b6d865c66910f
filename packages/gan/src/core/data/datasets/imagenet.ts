import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { decodingOptions, openArchiveSet } from "../archiveSet.js";
import { firstHolding, inPlaces, isThere, pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const NAME = "imagenet";
/** Where each part lies: unpacked into class folders, as Kaggle lays it out, or the official archive as it is. */
const PLACES = {
  train: ["train", "ILSVRC/Data/CLS-LOC/train", "Data/CLS-LOC/train", "ILSVRC2012_img_train.tar"],
  val: ["val", "ILSVRC/Data/CLS-LOC/val", "Data/CLS-LOC/val", "ILSVRC2012_img_val.tar"],
} as const;

const locate = inPlaces({
  folder: NAME,
  holds: [...PLACES.train, ...PLACES.val],
  remedies: ["from image-net.org (an account is needed) put ILSVRC2012_img_train.tar into FOLDER"],
});

export default defineDataset({
  name: NAME,
  summary: "ILSVRC 2012: 1.28 million photographs, colour, 1000 classes, brought to data.size",
  options: z.strictObject({
    path: z.string().min(1).optional().describe("where its files are, instead of the known places"),
    split: z.enum(["train", "val"]).default("train").describe("which part of it"),
    ...decodingOptions,
    size: decodingOptions.size.default(128),
  }),
  locate,
  open: async (options, context) => {
    const folder = pathOr(options.path, NAME, await locate(context), context);
    const { split } = options;
    const path = await placeOf(folder, split);
    if (path === undefined)
      throw new UsageError(
        `${folder} has no ${PLACES[split].join(", ")}; put ILSVRC2012_img_${split}.tar there, or its class folders into ${split}`,
      );
    return await openArchiveSet(
      {
        name: NAME,
        path,
        labels: undefined,
        identity: { split },
        choose: (archive) => {
          const { classes, labelSource, images } = archive;
          // The official archive of the validation images has no class folders.
          if (classes === undefined)
            context.onNotice(
              `${NAME}: the images of ${path} are not in class folders, so they have no classes`,
            );
          return { archive, images, classes, labelSource };
        },
      },
      options,
      context,
    );
  },
});

async function placeOf(folder: string, split: keyof typeof PLACES): Promise<string | undefined> {
  const places = PLACES[split].map((name) => join(folder, name));
  return await firstHolding(places, isThere);
}
