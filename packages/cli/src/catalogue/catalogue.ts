// What there is, readable without loading what it is made of: recipes, terms, data sets, metrics and studies as plain data in a
// file of dist/, which `npm run build` writes. Where that is older than the code, or parts of one's own are named, the registries
// themselves are asked.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type ImportOptions, importOwn } from "../parts.js";
import { codeStamp } from "./stamp.js";
import type { Catalogue } from "./types.js";

export const catalogueFile = new URL("../catalogue.json", import.meta.url);

/** The catalogue as the build wrote it; undefined where there is none, or code is newer. */
export function builtCatalogue(): Catalogue | undefined {
  if (!existsSync(catalogueFile)) return undefined;
  const { stamp, catalogue } = JSON.parse(readFileSync(catalogueFile, "utf8")) as {
    stamp: string;
    catalogue: Catalogue;
  };
  return stamp === codeStamp() ? catalogue : undefined;
}

/** Whether parts of one's own are at hand, by `--import` or by the project of the current folder. */
export const hasOwnParts = ({ import: named = [] }: ImportOptions): boolean =>
  named.length > 0 || filesHere().some((file) => /^gantry\.config\.(m?ts|m?js|json)$/.test(file));

/** Nothing where the folder may not be read: then there is no project either. */
function filesHere(): string[] {
  try {
    return readdirSync(".");
  } catch {
    return [];
  }
}

/** What there is, one's own parts too. */
export async function catalogueWith(options: ImportOptions): Promise<Catalogue> {
  const built = hasOwnParts(options) ? undefined : builtCatalogue();
  return built ?? (await freshCatalogue(options));
}

/** The same from the registries, whatever the build wrote. */
export async function freshCatalogue(options: ImportOptions): Promise<Catalogue> {
  await importOwn(options);
  const { makeCatalogue } = await import("./make.js");
  return await makeCatalogue();
}
