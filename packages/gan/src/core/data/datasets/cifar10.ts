import { z } from "zod";
import { type CifarKind, isCifar, locateCifar, openCifar } from "../cifarSet.js";
import { imageOptions } from "../imageSet.js";
import { pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const KIND: CifarKind = {
  name: "cifar10",
  variant: "cifar10",
  folder: "cifar-10-batches-bin",
  files: {
    train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
    test: ["test_batch.bin"],
  },
};
// As in batches.meta.txt of the official archive.
const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const locate = locateCifar(KIND);

export default defineDataset({
  name: KIND.name,
  summary: "60,000 photographs, colour, 32x32, 10 classes",
  classes: CLASSES,
  options: z.strictObject(imageOptions),
  locate,
  recognise: async (path) => ((await isCifar(path, KIND)) ? "exactly" : undefined),
  open: async (options, context) => {
    const folder = pathOr(options.path, KIND.name, await locate(context), context);
    return await openCifar(KIND, folder, CLASSES, "labels", options, context);
  },
  // Checksum as published at www.cs.toronto.edu/~kriz/cifar.html.
  fetch: {
    folder: KIND.folder,
    files: [
      {
        url: "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        md5: "c32a1d4ab5d03f1284b67883e8d87530",
        unpacksTo: [...KIND.files.train, ...KIND.files.test],
      },
    ],
  },
});
