import { resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import type { DataContext } from "./context.js";

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
export function knownPlaces(folder: string, context: DataContext): string[] {
  return [
    resolve(context.cwd, "data", folder),
    dataFolder(folder, context),
    resolve(context.cwd, "..", "shared", "data", folder),
  ];
}

/** Where a data set's downloaded files go. */
export function dataFolder(folder: string, context: DataContext): string {
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
