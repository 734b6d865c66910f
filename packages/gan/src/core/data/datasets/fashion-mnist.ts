import { z } from "zod";
import { checkLabels, idxImages, readIdxFolder } from "../idxSet.js";
import { imageOptions, imageSet } from "../imageSet.js";
import { inPlaces, pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const NAME = "fashion-mnist";
const HOME = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion";
// Where Debian's package dataset-fashion-mnist puts it.
const DEBIAN = "/usr/share/datasets/fashion-mnist";
const CLASSES = [
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
];

const locate = inPlaces({
  folder: NAME,
  elsewhere: [DEBIAN],
  holds: idxImages(),
  remedies: ["apt-get install dataset-fashion-mnist", `gantry data fetch ${NAME}`],
});

export default defineDataset({
  name: NAME,
  summary: "70,000 pieces of clothing, grey, 28x28, 10 classes",
  classes: CLASSES,
  options: z.strictObject(imageOptions),
  locate,
  open: async (options, context) => {
    const folder = pathOr(options.path, NAME, await locate(context), context);
    const { shape, parts } = await readIdxFolder(folder, options.split);
    checkLabels(parts, CLASSES.length, folder);
    return await imageSet(NAME, shape, CLASSES, parts, options, context);
  },
  fetch: {
    folder: NAME,
    files: [
      { url: `${HOME}/train-images-idx3-ubyte.gz`, md5: "8d4fb7e6c68d591d4c3dfef9ec88bf0d" },
      { url: `${HOME}/train-labels-idx1-ubyte.gz`, md5: "25c81989df183df01b3e8a0aad5dffbe" },
      { url: `${HOME}/t10k-images-idx3-ubyte.gz`, md5: "bef4ecab320f06d8554ea6380940ec79" },
      { url: `${HOME}/t10k-labels-idx1-ubyte.gz`, md5: "bb300cfdad3c16e7a12a480ee83cd310" },
    ],
  },
});
