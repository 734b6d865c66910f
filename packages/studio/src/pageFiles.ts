import { readFile } from "node:fs/promises";

/** `latents.js` is the worker in which generators run. */
export type PageFile = "main.js" | "main.css" | "latents.js";

/**
 * A file of the pages, which `npm run build` bundles beside the compiled code.
 * @throws Error saying so where it is not there
 */
export async function pageFile(name: PageFile): Promise<Buffer> {
  try {
    return await readFile(new URL(`./page/${name}`, import.meta.url));
  } catch (error) {
    throw new Error("the studio's pages are not built: run `npm run build`", { cause: error });
  }
}
