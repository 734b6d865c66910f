import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the page that shows a generator, without the generator: `npm run build` bundles it. */
export const pageFolder: string = fileURLToPath(new URL("./page/bundle/", import.meta.url));

/** The script that the page takes its generator from: an ONNX file's bytes, gzipped, in base64. */
export const GENERATOR_SCRIPT = "generator.js";

/** What stands in it. A script can be read without a server, where browsers let pages fetch nothing. */
export const generatorScript = (zipped: Uint8Array): string =>
  `globalThis.gantryGenerator = "${Buffer.from(zipped).toString("base64")}";\n`;

/** What a page needs for an engine of its own: the worker's program, and ONNX Runtime as a script. */
export const engineFiles: Readonly<Record<"worker.js" | "runtime.js", string>> = {
  "worker.js": fileURLToPath(new URL("./page/worker.js", import.meta.url)),
  "runtime.js": join(pageFolder, "runtime.js"),
};
