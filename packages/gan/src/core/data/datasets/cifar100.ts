import { z } from "zod";
import { type CifarKind, isCifar, locateCifar, openCifar } from "../cifarSet.js";
import { imageOptions } from "../imageSet.js";
import { pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const KIND: CifarKind = {
  name: "cifar100",
  variant: "cifar100",
  folder: "cifar-100-binary",
  files: { train: ["train.bin"], test: ["test.bin"] },
};

// As in fine_label_names.txt and coarse_label_names.txt of the official archive.
const FINE =
  `apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant
flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree
motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy
porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel
streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
willow_tree wolf woman worm`.split(/\s+/);
const COARSE = `aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices
household_furniture insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes
large_omnivores_and_herbivores medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1
vehicles_2`.split(/\s+/);

const locate = locateCifar(KIND);

export default defineDataset({
  name: KIND.name,
  summary: "60,000 photographs, colour, 32x32, 100 classes in 20 groups",
  options: z.strictObject({
    ...imageOptions,
    labels: z.enum(["fine", "coarse"]).default("fine").describe("the 100 classes, or the 20 groups"),
  }),
  locate,
  recognise: async (path) => ((await isCifar(path, KIND)) ? "exactly" : undefined),
  open: async ({ labels, ...options }, context) => {
    const folder = pathOr(options.path, KIND.name, await locate(context), context);
    const [classes, column] = labels === "fine" ? ([FINE, "labels"] as const) : ([COARSE, "coarse"] as const);
    return await openCifar(KIND, folder, classes, column, options, context);
  },
  // Checksum as published at www.cs.toronto.edu/~kriz/cifar.html.
  fetch: {
    folder: KIND.folder,
    files: [
      {
        url: "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        md5: "03b5dce01913d631647c71ecec9e9cb8",
        unpacksTo: [...KIND.files.train, ...KIND.files.test],
      },
    ],
  },
});
