// What runs in browsers, bundled: the page and the worker of exported generators, and the studio's pages. Part of `npm run build`.
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { root } from "./shared.mjs";

const COMMON = { bundle: true, minify: true, target: "es2022", platform: "browser", logLevel: "warning" };

/** The licences of packages, which are to go with what they go into. */
function licences(names) {
  return names
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const file = ["LICENSE", "LICENSE.txt"].map((each) => join(folder, each)).find(existsSync);
      if (file !== undefined) return `${name}\n\n${readFileSync(file, "utf8").trim()}`;
      const { license, repository } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return `${name}\n\n${license}, ${repository?.url ?? repository}`;
    })
    .join("\n\n");
}

/** The page that `gantry export --page` copies, and the worker that the studio's pages use too. */
export async function buildWebPage() {
  const from = join(root, "packages/web/src");
  const to = join(root, "packages/web/dist/page");
  const folder = join(to, "bundle");
  mkdirSync(folder, { recursive: true });
  for (const name of ["index.html", "page.css"]) copyFileSync(join(from, "page", name), join(folder, name));
  // One script, not a module: pages may lie in a folder without a server.
  const script = async (entry, define) => {
    const { outputFiles } = await build({
      ...COMMON,
      entryPoints: [join(from, entry)],
      write: false,
      format: "iife",
      define,
    });
    return outputFiles[0].text;
  };
  // ONNX Runtime asks where it lies, to find files that it is given here.
  const worker = await script("engine/worker.ts", { "import.meta.url": '"https://runtime.invalid/"' });
  writeFileSync(join(to, "worker.js"), worker);
  const page = await script("page/main.ts", { WORKER_SOURCE: JSON.stringify(worker) });
  writeFileSync(join(folder, "page.js"), page);
  writeFileSync(join(folder, "licences.txt"), `${licences(["onnxruntime-web", "@bufbuild/protobuf"])}\n`);
  writeRuntime(join(folder, "runtime.js"));
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

/** The studio's pages, for the browser and, where a page becomes a file, for Node. */
export async function buildStudioPages() {
  const page = join(root, "packages/studio/page");
  const common = {
    ...COMMON,
    outdir: join(root, "packages/studio/dist/page"),
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    banner: { js: `/*! Inside:\n\n${licences(["preact", "preact-render-to-string", "uplot"])}\n*/` },
    tsconfig: join(page, "tsconfig.json"),
  };
  await build({ ...common, entryPoints: [join(page, "main.ts")] });
  await build({ ...common, entryPoints: [join(page, "static.ts")], platform: "node", target: "node20" });
}
