import { createHash } from "node:crypto";
import { resolve } from "node:path";
import {
  type ArchiveImage,
  BACKGROUND,
  decodeArchive,
  describeLeftOut,
  type ImageArchive,
  type LeftOut,
  LeftOutAccount,
  openImageArchive,
  printable,
} from "@gantry/formats";
import { z } from "zod";
import { RunError, UsageError } from "../base/errors.js";
import { type Cached, cached, cacheKey } from "./cache.js";
import type { DataContext } from "./context.js";
import { type Dataset, MemoryDataset } from "./dataset.js";
import type { Decoding } from "./decoding.js";
import { select, selectionOptions, sizeOption } from "./imageSet.js";
import { fileStamp, type Listing, recall, remember } from "./listing.js";
import type { DecodedItem } from "./tally.js";

/** How archives of images are decoded, whatever data set they are. */
export const decodingOptions = {
  size: sizeOption,
  fit: z
    .enum(["centre-crop", "resize"])
    .default("centre-crop")
    .describe("with size: cut off what stands out, or squeeze"),
  channels: z.literal([1, 3]).default(3).describe("1: grey"),
  background: z
    .string()
    .regex(BACKGROUND, 'must be white, black or "#rrggbb"')
    .default("white")
    .describe("what shows through where images are transparent: white, black or #rrggbb"),
  strict: z
    .boolean()
    .default(false)
    .describe("refuse what would be left out: files that are no images, broken ones, ones of 16 bits"),
  ...selectionOptions,
};
export type DecodingOptions = z.output<z.ZodObject<typeof decodingOptions>>;

/** An archive, and which of it a data set is. */
export interface ArchivePart {
  readonly archive: ImageArchive;
  readonly images: readonly ArchiveImage[];
  readonly classes: readonly string[] | undefined;
  /** Where the classes come from; undefined where they do not come from the archive. */
  readonly labelSource: string | undefined;
}

/** A data set that is an archive of images. */
export interface ArchiveSet {
  readonly name: string;
  /** The archive, absolute. */
  readonly path: string;
  /** A file of labels, absolute. */
  readonly labels?: string | undefined;
  /** Another file that decides which images they are, absolute. */
  readonly beside?: string | undefined;
  /** What beside the options decides which images they are, and of which classes. */
  readonly identity: Readonly<Record<string, unknown>>;
  choose(archive: ImageArchive): Promise<ArchivePart> | ArchivePart;
}

/**
 * Opens an archive of images: listed, unless it is a file that has not changed; decoded, unless that was done before. What is
 * left out is told.
 *
 * @throws {RunError} with `strict`, when anything is left out
 */
export async function openArchiveSet(
  set: ArchiveSet,
  options: DecodingOptions,
  context: DataContext,
): Promise<Dataset> {
  const { name, path } = set;
  const files = [path, set.labels, set.beside].filter((file) => file !== undefined);
  const stamps = await Promise.all(files.map(fileStamp));
  const identity = stamps.includes(undefined) ? undefined : { ...options, ...set.identity, name, stamps };
  let listing = identity && (await recall(identity, context));
  let found: Cached | undefined;
  if (listing !== undefined) {
    const { key, total, classes } = listing;
    // Opened again should the cache have lost it.
    const decoding = {
      name,
      what: `decoding ${name}`,
      total,
      classes,
      from: (start: number) => reopened(start),
    };
    found = await cached(key, decoding, context);
  } else {
    const archive = await list(set, context);
    try {
      const { decoding, ...told } = prepare(set, await set.choose(archive), options);
      listing = told;
      if (options.strict) refuse(name, findings(listing, undefined));
      found = await cached(listing.key, decoding, context);
    } finally {
      await archive.close();
    }
    if (identity !== undefined) await remember(identity, listing, context);
  }
  return tell(set, listing, found, options, context);

  async function* reopened(start: number): AsyncGenerator<DecodedItem> {
    const archive = await list(set, context);
    try {
      yield* prepare(set, await set.choose(archive), options).decoding.from(start);
    } finally {
      await archive.close();
    }
  }
}

async function list({ name, path, labels }: ArchiveSet, context: DataContext): Promise<ImageArchive> {
  context.onProgress({ what: `listing ${name}`, done: 0, total: undefined, unit: "images" });
  return await openImageArchive(path, { labels });
}

/** Which images, under which key, and how they are decoded. */
function prepare(
  { name }: ArchiveSet,
  { archive, images: candidates, classes: all, labelSource }: ArchivePart,
  options: DecodingOptions,
): Listing & { readonly decoding: Decoding } {
  const { size, fit, channels, background } = options;
  const { kept, classes, labels } = select(
    name,
    candidates.length,
    all,
    (item) => candidates[item]!.label!,
    options,
  );
  const images = [...kept].map((item) => candidates[item]!);
  // The names are part of it: what is kept depends on options, and on how folders are understood.
  const names = createHash("sha256");
  for (const image of images) names.update(`${image.name}\0`);
  if (labels !== undefined) names.update(labels);
  const key = cacheKey({
    fingerprint: archive.fingerprint,
    images: names.digest("hex"),
    classes: classes ?? null,
    preprocessing: { size: size ?? null, fit: size === undefined ? null : fit, channels, background },
  });
  const decode = { size, fit, channels, background };
  const decoding: Decoding = {
    name,
    what: `decoding ${name}`,
    total: images.length,
    classes,
    async *from(start) {
      let at = start;
      for await (const result of decodeArchive(archive, images.slice(start), decode)) {
        const item = { name: result.image.name, label: labels?.[at++] ?? 0 };
        if (result.decoded === undefined) {
          const { reason, problem } = result;
          if (options.strict) refuse(name, [`${item.name} is ${reason}: ${problem}`]);
          yield { ...item, pixels: undefined, reason, problem };
        } else yield { ...item, ...result.decoded };
      }
    },
  };
  const { leftOut, emptyFolders, strangers } = archive;
  return {
    key,
    total: images.length,
    labelSource,
    leftOut,
    emptyFolders,
    strangers,
    classes: options.classes === undefined ? all : classes,
    decoding,
  };
}

/** Says what is not as one might think, or refuses it. */
function tell(
  { name }: ArchiveSet,
  listing: Listing,
  found: Cached,
  options: DecodingOptions,
  context: DataContext,
): Dataset {
  const said = findings(listing, found);
  if (options.strict) refuse(name, said);
  const { several: first } = found.remarks;
  // An animation's other pictures are no fault of the data.
  if (first !== undefined)
    said.push(
      `took the first picture of ${several(first.count, "file")} that hold more (the first: ${first.first})`,
    );
  for (const one of said) context.onNotice(printable(`${name}: ${one}`));
  const leftOut = allLeftOut(listing, found);
  return new MemoryDataset({ ...found.parts, leftOut, labelSource: listing.labelSource });
}

/** @throws {RunError} when there is anything to say */
function refuse(name: string, said: readonly string[]): void {
  if (said.length > 0) throw new RunError(`${name}, read strictly: ${said.join("; ")}`);
}

function allLeftOut({ leftOut }: Listing, found: Cached | undefined): LeftOut[] {
  const account = new LeftOutAccount();
  account.addAll(leftOut);
  account.addAll(found?.leftOut ?? []);
  return account.list();
}

/** What of an archive is no image, or not as it was stored; before decoding, as far as is known then. */
function findings(listing: Listing, found: Cached | undefined): string[] {
  const said: string[] = [];
  const leftOut = allLeftOut(listing, found);
  const files = leftOut.reduce((sum, { count }) => sum + count, 0);
  if (files > 0) said.push(`left out ${several(files, "file")}: ${describeLeftOut(leftOut)}`);
  const known = found?.parts.classes ?? listing.classes;
  const missing = (listing.classes ?? []).filter((one) => !known?.includes(one));
  const empty = [...new Set([...missing, ...listing.emptyFolders])];
  if (empty.length > 0)
    said.push(
      known === undefined
        ? `no images in ${several(empty.length, "folder")}: ${some(empty)}`
        : `left out ${empty.length === 1 ? "a class" : `${empty.length} classes`} without images: ${some(empty)}`,
    );
  const { strangers, labelSource } = listing;
  if (strangers.length > 0)
    said.push(
      `${labelSource} names ${several(strangers.length, "file")} that are no images of it: ${some(strangers)}`,
    );
  const deep = found?.remarks.deep;
  if (deep !== undefined)
    said.push(
      `${several(deep.count, "image")} of 16 bits a sample became 8 bits (the first: ${deep.first})${twelve(deep.largest)}`,
    );
  return said;
}

const several = (count: number, what: string): string =>
  `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

/** What values that fill few of their 16 bits mean. */
function twelve(largest: number): string {
  const bits = Math.max(1, Math.ceil(Math.log2(largest + 1)));
  return bits > 14
    ? ""
    : `; the largest value is ${largest}, as of ${bits} bits stored in 16, so that they come out dark: bring them to the whole range first`;
}

const SHOWN = 5;

function some(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${(names.length - SHOWN).toLocaleString("en")} more` : "";
  return `${names.slice(0, SHOWN).join(", ")}${more}`;
}

/** Part of an archive that has splits: the one asked for; train where none is; all where there are none. */
export function chooseSplit(archive: ImageArchive, asked: string | undefined): readonly ArchiveImage[] {
  const split = asked ?? (archive.splits.includes("train") ? "train" : "all");
  if (split === "all") return archive.images;
  const images = archive.images.filter((image) => image.split === split);
  if (images.length > 0) return images;
  const has = archive.splits.length === 0 ? "no splits" : `the splits ${archive.splits.join(", ")}`;
  throw new UsageError(`${archive.path} has ${has}, so no split "${split}"`);
}

/** The file of labels that an option names, absolute. */
export const labelFile = (asked: string | undefined, context: DataContext): string | undefined =>
  asked === undefined ? undefined : resolve(context.cwd, asked);
