// What runs in browsers, in one file each: `npm run build` makes it of the sources.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./shared.mjs";

/**
 * A program and all that it imports as one script, for pages that may lie in a folder without a server.
 * @returns its text
 */
async function bundle(entry, define = {}) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    platform: "browser",
    logLevel: "error",
    // ONNX Runtime asks where it lies, to find files that it is given here.
    define: { "import.meta.url": '"https://runtime.invalid/"', ...define },
  });
  return outputFiles[0].text;
}

/** What goes into the page, under licences that are to go with it. */
const INSIDE = ["onnxruntime-web", "@bufbuild/protobuf"];

function licences() {
  const texts = INSIDE.map((name) => {
    const folder = join(root, "node_modules", name);
    const file = ["LICENSE", "LICENSE.txt"].map((each) => join(folder, each)).find(existsSync);
    if (file !== undefined) return `${name}\n\n${readFileSync(file, "utf8").trim()}`;
    const { license, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return `${name}\n\n${license}, ${repository?.url ?? repository}`;
  });
  return `${texts.join("\n\n")}\n`;
}

/** The page that `gantry export --page` copies. */
export async function bundlePage() {
  const from = join(root, "packages/web/src/page");
  const to = join(root, "packages/web/dist/page/bundle");
  mkdirSync(to, { recursive: true });
  for (const name of ["index.html", "page.css"]) copyFileSync(join(from, name), join(to, name));
  const worker = await bundle(join(from, "worker.ts"));
  const page = await bundle(join(from, "main.ts"), { WORKER_SOURCE: JSON.stringify(worker) });
  writeFileSync(join(to, "page.js"), page);
  writeFileSync(join(to, "licences.txt"), licences());
  writeRuntime(join(to, "runtime.js"));
}

/** ONNX Runtime's WebAssembly as a script; made again only where it is another. */
function writeRuntime(target) {
  const source = createRequire(import.meta.url).resolve(
    "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm",
  );
  if (existsSync(target) && statSync(target).mtimeMs > statSync(source).mtimeMs) return;
  const zipped = gzipSync(readFileSync(source), { level: 9 });
  writeFileSync(target, `globalThis.gantryRuntime = "${zipped.toString("base64")}";\n`);
}
