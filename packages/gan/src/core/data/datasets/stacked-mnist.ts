import { z } from "zod";
import { MemoryDataset } from "../dataset.js";
import { imageOptions } from "../imageSet.js";
import { Random } from "../random.js";
import { defineDataset, openDefinition } from "../registry.js";
import { drawTriples, NUMBERS, numbersOf } from "../triples.js";
import mnist from "./mnist.js";

const NAME = "stacked-mnist";

export default defineDataset({
  name: NAME,
  summary: "three random MNIST digits as the channels of one image: 1000 modes",
  options: z.strictObject({
    // Sources: VEEGAN (Srivastava et al. 2017) and unrolled GAN (Metz et al. 2017), both as in fjxmlzn/PacGAN. The
    // latter draws its triples on the fly; here they are drawn once, so many that few are seen twice.
    protocol: z
      .enum(["veegan", "unrolled"])
      .default("veegan")
      .describe(
        "veegan: 128,000 triples of all 70,000 digits; unrolled: 1,000,000 of the 60,000 for training",
      ),
    count: z.int().min(1).max(100_000_000).optional().describe("how many triples, instead of the protocol's"),
    seed: z.int().default(0).describe("of the triples drawn"),
    path: imageOptions.path,
    size: imageOptions.size,
    fit: imageOptions.fit,
  }),
  parts: "channels",
  locate: mnist.locate!,
  open: async (
    { protocol, count = protocol === "veegan" ? 128_000 : 1_000_000, seed, ...options },
    context,
  ) => {
    const split = protocol === "veegan" ? "all" : "train";
    const digits = await openDefinition(mnist, { ...options, split }, context);
    const [, height, width] = digits.shape as [number, number, number];
    const random = new Random(seed);
    const table = drawTriples(count, () => random.integer(digits.count));
    const items = { ...digits.shared!, parts: 3, table };
    return new MemoryDataset({
      name: NAME,
      kind: "images",
      shape: [3, height, width],
      classes: NUMBERS,
      labels: numbersOf(digits, table),
      items,
    });
  },
});
