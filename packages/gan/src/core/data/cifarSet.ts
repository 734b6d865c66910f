import { stat } from "node:fs/promises";
import { join } from "node:path";
import { CIFAR_SHAPE, type CifarVariant, FormatError, readCifar } from "@gantry/formats";
import type { z } from "zod";
import type { DataContext } from "./context.js";
import type { Dataset } from "./dataset.js";
import { type imageOptions, imageSet } from "./imageSet.js";
import { inPlaces, type Locate } from "./places.js";

/** What tells CIFAR-10 from CIFAR-100. */
export interface CifarKind {
  readonly name: string;
  readonly variant: CifarVariant;
  /** The folder that the official archive unpacks to. */
  readonly folder: string;
  readonly files: { readonly train: readonly string[]; readonly test: readonly string[] };
}

/** Where the official folder of binary files is. */
export const locateCifar = ({ name, folder, files }: CifarKind): Locate =>
  inPlaces({ folder, holds: [files.train[0]!], remedies: [`gantry data fetch ${name}`] });

/** Whether a folder holds all the files. */
export async function isCifar(folder: string, { files }: CifarKind): Promise<boolean> {
  const found = await Promise.all([...files.train, ...files.test].map((file) => exists(join(folder, file))));
  return found.every(Boolean);
}

/** Reads the files of the split asked for: however many records each holds. */
export async function openCifar(
  { name, variant, files }: CifarKind,
  folder: string,
  classes: readonly string[],
  labels: "labels" | "coarse",
  options: z.output<z.ZodObject<typeof imageOptions>>,
  context: DataContext,
): Promise<Dataset> {
  const wanted = options.split === "all" ? [...files.train, ...files.test] : files[options.split];
  const parts = await Promise.all(
    wanted.map(async (file) => {
      if (!(await exists(join(folder, file)))) {
        throw new FormatError(`has no ${file}`, { file: folder, hint: "the data set is not complete" });
      }
      const records = await readCifar(join(folder, file), variant);
      return { images: records.images, labels: records[labels] };
    }),
  );
  return await imageSet(name, CIFAR_SHAPE, classes, parts, options, context);
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}
