import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { z } from "zod";
import { chooseSplit, decodingOptions, labelFile, openArchiveSet } from "../archiveSet.js";
import { defineDataset, type Recognition } from "../registry.js";

export default defineDataset({
  name: "images",
  summary: "a folder, zip or tar of images by path; classes by folders, dataset.json or a file of labels",
  options: z.strictObject({
    path: z.string().min(1).describe("the folder, zip or tar file"),
    split: z
      .enum(["train", "val", "test", "all"])
      .optional()
      .describe("where its outermost folders are splits; train unless said, or all where there are none"),
    labels: z
      .string()
      .min(1)
      .optional()
      .describe("a file of labels: CSV of file,label, or JSON as StyleGAN's; instead of its own"),
    ...decodingOptions,
  }),
  recognise,
  open: async (options, context) => {
    const path = resolve(context.cwd, options.path);
    const { split } = options;
    return await openArchiveSet(
      {
        name: basename(path),
        path,
        labels: labelFile(options.labels, context),
        identity: { split },
        choose: (archive) => ({
          archive,
          images: chooseSplit(archive, split),
          classes: archive.classes,
          labelSource: archive.labelSource,
        }),
      },
      options,
      context,
    );
  },
});

async function recognise(path: string): Promise<Recognition> {
  const status = await stat(path);
  return status.isDirectory() || /\.(zip|tar|tgz|tar\.gz)$/i.test(path) ? "broadly" : undefined;
}
