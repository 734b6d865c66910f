import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { FormatError, readFileBytes, readInto } from "@gantry/formats";
import { z } from "zod";
import { amount } from "../../base/amount.js";
import { cached, cacheKey } from "../cache.js";
import { MemoryDataset } from "../dataset.js";
import { imageOptions, select } from "../imageSet.js";
import { inPlaces, pathOr } from "../places.js";
import { defineDataset } from "../registry.js";
import { type ImageShape, imageFitter } from "../resize.js";
import type { DecodedItem } from "../tally.js";

const NAME = "stl10";
/** The folder that the official archive unpacks to. */
const FOLDER = "stl10_binary";
const SIDE = 96;
const SHAPE: ImageShape = [3, SIDE, SIDE];
const RECORD = 3 * SIDE * SIDE;
// As in class_names.txt of the official archive.
const CLASSES = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"];
const SPLITS = {
  train: ["train"],
  test: ["test"],
  unlabeled: ["unlabeled"],
  all: ["train", "test"],
} as const;
const FILES = ["train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin", "unlabeled_X.bin"];

const isHere = async (folder: string, file = "train_X.bin") =>
  (await stat(join(folder, file)).catch(() => undefined))?.isFile() ?? false;

const locate = inPlaces({
  folder: FOLDER,
  holds: ["train_X.bin"],
  remedies: [`gantry data fetch ${NAME}`],
});

export default defineDataset({
  name: NAME,
  summary: "13,000 labelled photographs, colour, 96x96, 10 classes, and 100,000 without labels",
  classes: CLASSES,
  options: z.strictObject({
    ...imageOptions,
    split: z
      .enum(["train", "test", "unlabeled", "all"])
      .default("train")
      .describe("which part of it; all: those with labels"),
  }),
  locate,
  recognise: async (path) => ((await isHere(path)) ? "exactly" : undefined),
  open: async (options, context) => {
    const folder = pathOr(options.path, NAME, await locate(context), context);
    const { split, size, fit } = options;
    const parts = await Promise.all(SPLITS[split].map((part) => readPart(folder, part)));
    const labelled = split !== "unlabeled";
    const all = parts.flatMap(({ file, count, labels }) =>
      Array.from({ length: count }, (_, at) => ({ file, at, label: labels?.[at] ?? 0 })),
    );
    const { kept, classes, labels } = select(
      NAME,
      all.length,
      labelled ? CLASSES : undefined,
      (item) => all[item]!.label,
      options,
    );
    const side = size ?? SIDE;
    const key = cacheKey({
      set: NAME,
      stamps: parts.map(({ stamp }) => stamp),
      kept: [split, options.classes ?? null, options.limit ?? null],
      size: side,
      fit,
    });
    const fitOne = side === SIDE ? (image: Uint8Array) => image : imageFitter(SHAPE, side, fit);
    const decoding = {
      name: NAME,
      what: `reading ${NAME}`,
      total: kept.length,
      classes,
      async *from(start: number): AsyncGenerator<DecodedItem> {
        const record = new Uint8Array(RECORD);
        let file = "";
        let handle: Awaited<ReturnType<typeof open>> | undefined;
        try {
          for (let place = start; place < kept.length; place++) {
            const item = all[kept[place]!]!;
            if (item.file !== file) {
              await handle?.close();
              file = item.file;
              handle = await open(file, "r");
            }
            await readInto(handle!, record, item.at * RECORD);
            const pixels = fitOne(transposed(record));
            const name = `image ${item.at} of ${item.file}`;
            yield { name, label: labels?.[place] ?? 0, pixels, shape: [3, side, side] };
          }
        } finally {
          await handle?.close();
        }
      },
    };
    return new MemoryDataset((await cached(key, decoding, context)).parts);
  },
  // Checksum as in torchvision, of the file at the home of its authors.
  fetch: {
    folder: FOLDER,
    setting: "data.size=64",
    files: [
      {
        url: "https://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
        md5: "91f7769df0f17e558f3565bffb0c7dfb",
        unpacksTo: FILES,
      },
    ],
  },
});

interface Part {
  readonly file: string;
  readonly count: number;
  readonly labels: Uint8Array | undefined;
  readonly stamp: string;
}

/** Source: cs.stanford.edu/~acoates/stl10: bytes, "column-major order, one channel at a time"; labels from 1 to 10. */
async function readPart(folder: string, part: "train" | "test" | "unlabeled"): Promise<Part> {
  const file = join(folder, `${part}_X.bin`);
  const status = await stat(file).catch(() => undefined);
  if (!status?.isFile())
    throw new FormatError(`has no ${part}_X.bin`, { file: folder, hint: "the data set is not complete" });
  const count = status.size / RECORD;
  if (!(Number.isInteger(count) && count > 0))
    throw new FormatError(`has ${amount(status.size, "bytes")}, no whole number of images of ${RECORD}`, {
      file,
    });
  const stamp = `${part} ${status.size} ${status.mtimeMs}`;
  if (part === "unlabeled") return { file, count, labels: undefined, stamp };
  const labelFile = join(folder, `${part}_y.bin`);
  const labels = await readFileBytes(labelFile);
  if (labels.length !== count)
    throw new FormatError(`has ${amount(labels.length, "labels")} for ${amount(count, "images")}`, {
      file: labelFile,
    });
  const wrong = labels.find((label) => label < 1 || label > CLASSES.length);
  if (wrong !== undefined)
    throw new FormatError(`has the label ${wrong}, outside 1..${CLASSES.length}`, { file: labelFile });
  return { file, count, labels: labels.map((label) => label - 1), stamp };
}

/** Columns of each channel as rows. */
function transposed(record: Uint8Array): Uint8Array {
  const out = new Uint8Array(RECORD);
  for (let plane = 0; plane < RECORD; plane += SIDE * SIDE)
    for (let y = 0; y < SIDE; y++)
      for (let x = 0; x < SIDE; x++) out[plane + y * SIDE + x] = record[plane + x * SIDE + y]!;
  return out;
}
