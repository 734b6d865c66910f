import { readFile, stat } from "node:fs/promises";

export type PageFile = "main.js" | "main.css";

/**
 * A file of the pages, which `npm run build` bundles beside the compiled code.
 * @throws Error saying so where it is not there
 */
export async function pageFile(name: PageFile): Promise<Buffer> {
  try {
    return await readFile(placeOf(name));
  } catch (error) {
    throw new Error("the studio's pages are not built: run `npm run build`", { cause: error });
  }
}

/** Another for another build of it. */
export async function pageVersion(name: PageFile): Promise<string> {
  const { mtimeMs, size } = await stat(placeOf(name));
  return `${Math.round(mtimeMs).toString(36)}-${size.toString(36)}`;
}

const placeOf = (name: PageFile): URL => new URL(`./page/${name}`, import.meta.url);
