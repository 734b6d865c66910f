import { stat } from "node:fs/promises";
import { UsageError } from "@gantry/gan";
import { type Dataset, dataContext, knownPlaces, openDataset } from "@gantry/gan/data";

/** A zip of CIFAR-10's images in the folders train/CLASS and test/CLASS. */
const ARCHIVE = "cifar10-jpg.zip";

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
    if (!((await stat(path).catch(() => undefined))?.isFile() ?? false)) continue;
    const dataset = await openDataset({ path, split }, context);
    if (dataset.count >= least) return dataset;
  }
  throw new UsageError(
    `this study needs ${least} images of CIFAR-10's ${split} split: run 'gantry data fetch cifar10', or put ${ARCHIVE} (folders train/CLASS, test/CLASS) at ${places[0]}`,
  );
}
