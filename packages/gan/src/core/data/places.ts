import { readdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import type { DataContext } from "./context.js";
import { gantryHome } from "./home.js";

/**
 * Where a data set's files may lie, as plain data: what lists data sets reads it without loading what opens them.
 */
export interface Places {
  /** Its folder in every one of the {@link knownPlaces}, the name of an official archive's, or its own. */
  readonly folder: string;
  /** A package of npm that brings the files, as the current folder or Gantry itself finds it, and the folder inside. */
  readonly npm?: { readonly name: string; readonly folder: string };
  /** Other folders, absolute. */
  readonly elsewhere?: readonly string[];
  /** A place is the data set's if it has one of these; a first part of `*` is any folder. */
  readonly holds: readonly string[];
  /** What gets the files; FOLDER in it is the place of downloads. */
  readonly remedies: readonly string[];
}

/** Tells where a data set's files are; by {@link inPlaces} where plain data says it. */
export interface Locate {
  (context: DataContext): Promise<DataLocation>;
  readonly places?: Places;
}

/** A data set known by name, and whether it can be opened here and now. */
export interface ListedDataset {
  readonly name: string;
  readonly summary: string;
  /** Where its files are; undefined for data without files, and where they are missing. */
  readonly path: string | undefined;
  /** False where files are needed and missing, and where a path has to be given. */
  readonly available: boolean;
  /** What gets the files, where they are missing. */
  readonly remedies: readonly string[];
}

/**
 * An entry of the list of data sets.
 * @param byPath whether it is opened by its path alone
 * @param location where its files were found; undefined for data without files
 */
export function listed(
  { name, summary }: { readonly name: string; readonly summary: string },
  byPath: boolean,
  location: DataLocation | undefined,
): ListedDataset {
  const path = location?.path;
  const available = location === undefined ? !byPath : path !== undefined;
  const remedies =
    location === undefined ? (byPath ? ["give its path"] : []) : available ? [] : location.remedies;
  return { name, summary, path, available, remedies };
}

/** Looks in the places in their order. */
export const inPlaces = (places: Places): Locate =>
  Object.assign((context: DataContext) => locateIn(places, context), { places });

/** Where the files are, by their places alone. */
export async function locateIn(
  { folder, npm, elsewhere = [], holds, remedies }: Places,
  context: Pick<DataContext, "cwd" | "home"> = { cwd: process.cwd(), home: gantryHome() },
): Promise<DataLocation> {
  const looked = [
    ...knownPlaces(folder, context),
    ...(npm === undefined ? [] : npmFolders(npm, context)),
    ...elsewhere,
  ];
  const path = await firstHolding(looked, async (place) => {
    const found = await firstHolding(holds, (name) => isIn(place, name));
    return found !== undefined;
  });
  const downloads = dataFolder(folder, context);
  return { path, looked, remedies: remedies.map((remedy) => remedy.replace("FOLDER", downloads)) };
}

/** The data folder of a package, as the current folder or Gantry itself would find it. */
function npmFolders({ name, folder }: NonNullable<Places["npm"]>, { cwd }: { cwd: string }): string[] {
  const found = [join(cwd, "package.json"), import.meta.url].flatMap((from) => {
    try {
      return [join(dirname(createRequire(from).resolve(`${name}/package.json`)), folder)];
    } catch {
      return [];
    }
  });
  return [...new Set(found)];
}

async function isIn(place: string, name: string): Promise<boolean> {
  if (!name.startsWith("*/")) return await isThere(join(place, name));
  const folders = await readdir(place).catch(() => []);
  return (
    (await firstHolding(folders, (folder) => isThere(join(place, folder, name.slice("*/".length))))) !==
    undefined
  );
}

/** Whether there is a file or folder. */
export const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

/** Where a data set's files are on this machine, or what to do when they are nowhere. */
export interface DataLocation {
  /** The file or folder found; undefined where there is none. */
  readonly path: string | undefined;
  /** Every place that was looked in, in order. */
  readonly looked: readonly string[];
  /** Commands and instructions, any of which gets the files. */
  readonly remedies: readonly string[];
}

/** The folders in which a data set may lie: under the current folder, Gantry's own, or one shared beside the current. */
export function knownPlaces(folder: string, context: Pick<DataContext, "cwd" | "home">): string[] {
  return [
    resolve(context.cwd, "data", folder),
    dataFolder(folder, context),
    resolve(context.cwd, "..", "shared", "data", folder),
  ];
}

/** Where a data set's downloaded files go. */
export function dataFolder(folder: string, context: Pick<DataContext, "home">): string {
  return resolve(context.home, "data", folder);
}

/** The first of some places that holds what is looked for. */
export async function firstHolding(
  places: readonly string[],
  holds: (place: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const place of places) if (await holds(place)) return place;
  return undefined;
}

/** The path asked for, or else the one located. Throws {@link UsageError} where there is neither. */
export function pathOr(
  asked: string | undefined,
  name: string,
  location: DataLocation,
  context: DataContext,
): string {
  if (asked !== undefined) return resolve(context.cwd, asked);
  if (location.path !== undefined) return location.path;
  const lines = [
    `the data set ${name} is not on this machine`,
    ...location.looked.map((place) => `  looked in ${place}`),
    ...location.remedies.map((remedy) => `  to get it: ${remedy}`),
    `  or say where its files are: --data PATH, or --set data.path=PATH`,
  ];
  throw new UsageError(lines.join("\n"));
}
