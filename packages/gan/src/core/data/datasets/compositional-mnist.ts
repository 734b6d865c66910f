import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { checkIndices, contentDigest, type Dataset } from "../dataset.js";
import { imageOptions } from "../imageSet.js";
import type { Box } from "../parts.js";
import { Random } from "../random.js";
import { defineDataset, openDefinition } from "../registry.js";
import { drawTriples, NUMBERS, numbersOf } from "../triples.js";
import mnist from "./mnist.js";

const NAME = "compositional-mnist";
/** Height and width of an image. */
const SIDE = 64;
/** Height and width of an MNIST digit. */
const DIGIT = 28;
/** Columns that are left of a digit, its middle ones: three and one black column are 64. */
const COLUMNS = 21;
const FIRST_COLUMN = Math.floor((DIGIT - COLUMNS) / 2);

const boxes: readonly Box[] = [0, 1, 2].map((place) => ({
  top: (SIDE - DIGIT) / 2,
  left: place * COLUMNS,
  height: DIGIT,
  width: COLUMNS,
}));

/**
 * Compositional MNIST (Che et al. 2017, section 4.1.2): "three MNIST digits [concatenated] to a number in [0,999] in a
 * single 64x64 image". The paper says neither where in the image, nor how three digits of 28 columns fit into 64, nor how
 * many images there are, nor the probabilities of its four sets. Here: side by side in the middle rows (18 to 45), each in
 * its own size by its columns 3 to 23 (which hold 99.6 % of the training digits' ink), at columns 0, 21 and 42; 128,000 images, as many as VEEGAN's stacked MNIST has.
 */
export default defineDataset({
  name: NAME,
  summary: "three MNIST digits side by side in one grey 64x64 image: 1000 modes",
  options: z.strictObject({
    split: imageOptions.split.describe("digits of which part of MNIST"),
    probabilities: z
      .array(z.number().min(0))
      .length(10)
      .optional()
      .describe("of the digits 0 to 9, in any unit; default: as often as MNIST has them"),
    count: z.int().min(1).max(100_000_000).default(128_000).describe("how many images"),
    seed: z.int().default(0).describe("of the digits drawn"),
    path: imageOptions.path,
  }),
  parts: { boxes, size: { height: DIGIT, width: DIGIT } },
  locate: mnist.locate!,
  open: async ({ split, probabilities, count, seed, path }, context) => {
    const digits = await openDefinition(mnist, { split, path }, context);
    if (digits.shape.join() !== [1, DIGIT, DIGIT].join())
      throw new UsageError(`${NAME} is made of images of 1x28x28, and ${path} has ${digits.shape.join("x")}`);
    const random = new Random(seed);
    const draw =
      probabilities === undefined
        ? () => random.integer(digits.count)
        : drawByClass(digits, probabilities, random);
    return composed(digits, drawTriples(count, draw));
  },
});

/** Draws a digit's class by its probability, then one of the class's images, each alike. */
function drawByClass(digits: Dataset, probabilities: readonly number[], random: Random): () => number {
  const labels = digits.labels(Uint32Array.from({ length: digits.count }, (_, item) => item))!;
  const items = probabilities.map(() => [] as number[]);
  for (const [item, label] of labels.entries()) items[label]!.push(item);
  const total = probabilities.reduce((sum, probability) => sum + probability, 0);
  if (!(total > 0) || !Number.isFinite(total))
    throw new UsageError(`data set ${NAME}: probabilities: at least one must be above 0`);
  const empty = probabilities.findIndex(
    (probability, digit) => probability > 0 && items[digit]!.length === 0,
  );
  if (empty >= 0) throw new UsageError(`data set ${NAME}: there is no digit ${empty} to draw`);
  const last = probabilities.findLastIndex((probability) => probability > 0);
  return () => {
    let left = random.uniform() * total;
    const found = probabilities.findIndex((probability) => {
      left -= probability;
      return left < 0;
    });
    // Rounding may leave a rest after the last one.
    const own = items[found < 0 ? last : found]!;
    return own[random.integer(own.length)]!;
  };
}

/**
 * Images put together as they are read: kept, they would take 4096 bytes each.
 * @param table three digits an image
 */
function composed(digits: Dataset, table: Uint32Array): Dataset {
  const labels = numbersOf(digits, table);
  const shape = [1, SIDE, SIDE];
  let digest: string | undefined;
  return {
    name: NAME,
    kind: "images",
    count: labels.length,
    shape,
    classes: NUMBERS,
    leftOut: [],
    shared: undefined,
    get digest() {
      digest ??= contentDigest("images", shape, NUMBERS, { ...digits.shared!, parts: 3, table }, labels);
      return digest;
    },
    read(indices) {
      checkIndices(indices, labels.length);
      const out = new Uint8Array(indices.length * SIDE * SIDE);
      for (let at = 0; at < indices.length; at++) {
        const three = digits.read(table.subarray(3 * indices[at]!, 3 * indices[at]! + 3)) as Uint8Array;
        for (const [place, { top, left }] of boxes.entries())
          for (let row = 0; row < DIGIT; row++) {
            const from = (place * DIGIT + row) * DIGIT + FIRST_COLUMN;
            out.set(three.subarray(from, from + COLUMNS), (at * SIDE + top + row) * SIDE + left);
          }
      }
      return out;
    },
    labels(indices) {
      checkIndices(indices, labels.length);
      return Int32Array.from({ length: indices.length }, (_, at) => labels[indices[at]!]!);
    },
  };
}
