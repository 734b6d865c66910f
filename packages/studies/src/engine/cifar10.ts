import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "@gantry/gan";
import { type Dataset, dataContext, knownPlaces, openDataset } from "@gantry/gan/data";

/** A zip of CIFAR-10's images in the folders train/CLASS and test/CLASS. */
const ARCHIVE = "cifar10-jpg.zip";
/** For studies that take an excerpt too, as a machine without downloads has one. */
export const EXCERPT =
  "Where only an excerpt of CIFAR-10 is here (1000 images on the machine that made the committed page), batches are of it, again and again.";
/** Bytes of one of the five official files. */
const WHOLE_FILE = 10_000 * (1 + 3 * 32 * 32);

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** The zip of CIFAR-10's images, where the official files are not here, or an excerpt of them; else undefined. */
export async function locateZip(): Promise<string | undefined> {
  const context = dataContext();
  for (const folder of knownPlaces("cifar-10-batches-bin", context)) {
    const { size } = (await stat(join(folder, "data_batch_1.bin")).catch(() => undefined)) ?? { size: 0 };
    if (size > 0) {
      if (size >= WHOLE_FILE) return undefined;
      break;
    }
  }
  for (const path of knownPlaces(ARCHIVE, context)) if (await isFile(path)) return path;
  return undefined;
}

/** What a classifier of CIFAR-10 is trained and tested on: an excerpt is too little to learn from. */
export async function cifar10ToLearn(): Promise<{ dataset?: Dataset; testDataset?: Dataset }> {
  const path = await locateZip();
  if (path === undefined) return {};
  const open = (split: "train" | "test") => openDataset({ path, split }, dataContext());
  return { dataset: await open("train"), testDataset: await open("test") };
}

/**
 * CIFAR-10: the official files where they lie, else a zip of its images.
 * @param least images that the split must have: excerpts of the official files are passed over
 * @throws {UsageError} neither is on this machine
 */
export async function openCifar10(split: "train" | "test", least: number): Promise<Dataset> {
  const context = dataContext();
  const official = await openDataset({ name: "cifar10", split }, context).catch((error: unknown) => {
    if (error instanceof UsageError) return undefined;
    throw error;
  });
  if (official !== undefined && official.count >= least) return official;
  const places = knownPlaces(ARCHIVE, context);
  for (const path of places) {
    if (!(await isFile(path))) continue;
    const dataset = await openDataset({ path, split }, context);
    if (dataset.count >= least) return dataset;
  }
  throw new UsageError(
    `this study needs ${least} images of CIFAR-10's ${split} split: run 'gantry data fetch cifar10', or put ${ARCHIVE} (folders train/CLASS, test/CLASS) at ${places[0]}`,
  );
}
