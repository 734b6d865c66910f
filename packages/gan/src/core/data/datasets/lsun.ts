import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { decodingOptions, openArchiveSet } from "../archiveSet.js";
import { firstHolding, inPlaces, pathOr } from "../places.js";
import { defineDataset } from "../registry.js";

const NAME = "lsun";

const options = z.strictObject({
  path: z.string().min(1).optional().describe("where its files are, or one of its LMDB folders"),
  category: z.string().min(1).default("bedroom").describe("scene or object: bedroom, church_outdoor, cat"),
  split: z.enum(["train", "val"]).default("train").describe("which part of it"),
  ...decodingOptions,
});

const locate = inPlaces({
  folder: NAME,
  holds: ["*/data.mdb"],
  remedies: ["unpack the official bedroom_train_lmdb.zip (www.yf.io/p/lsun), or another's, into FOLDER"],
});

export default defineDataset({
  name: NAME,
  summary: "LSUN: photographs of one scene or object, colour, in the official LMDB files",
  options,
  locate,
  recognise: async (path) =>
    (await isLmdb(path)) || (await categories(path)).length > 0 ? "exactly" : undefined,
  open: async (given, context) => {
    const folder = pathOr(given.path, NAME, await locate(context), context);
    const lmdb = (await isLmdb(folder)) ? folder : await find(folder, given);
    const name = basename(lmdb).replace(/_lmdb$/, "");
    return await openArchiveSet(
      {
        name: `${NAME}-${name}`,
        path: lmdb,
        labels: undefined,
        identity: {},
        choose: (archive) => ({
          archive,
          images: archive.images,
          classes: undefined,
          labelSource: undefined,
        }),
      },
      given,
      context,
    );
  },
});

async function find(folder: string, { category, split }: z.output<typeof options>): Promise<string> {
  // The archives of scenes unpack to `bedroom_train_lmdb`, those of objects to `cat`, which has no splits.
  const wanted = [
    join(folder, `${category}_${split}_lmdb`),
    ...(split === "train" ? [join(folder, category)] : []),
  ];
  const found = await firstHolding(wanted, isLmdb);
  if (found !== undefined) return found;
  const others = await categories(folder);
  throw new UsageError(
    `${folder} has no ${basename(wanted[0]!)}${others.length === 0 ? "" : ` (it has ${others.join(", ")})`}; unpack the official ${category}_${split}_lmdb.zip there, or set data.category`,
  );
}

async function categories(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => ((await isLmdb(join(folder, name))) ? [name] : [])),
  );
  return found.flat().sort();
}

async function isLmdb(folder: string): Promise<boolean> {
  return (await stat(join(folder, "data.mdb")).catch(() => undefined))?.isFile() ?? false;
}
