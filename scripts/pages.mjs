// Bundles the studio's pages into packages/studio/dist/page, for the browser and, where a page becomes a file, for Node. Part of
// `npm run build`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./shared.mjs";

/** What goes into the bundles, under licences that are to go with it. */
const INSIDE = ["preact", "preact-render-to-string", "uplot"];

const licences = () =>
  INSIDE.map(
    (name) => `${name}\n\n${readFileSync(join(root, "node_modules", name, "LICENSE"), "utf8").trim()}`,
  );

export async function buildPages() {
  const page = join(root, "packages/studio/page");
  const common = {
    outdir: join(root, "packages/studio/dist/page"),
    bundle: true,
    minify: true,
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    banner: { js: `/*! Inside:\n\n${licences().join("\n\n")}\n*/` },
    logLevel: "warning",
    tsconfig: join(page, "tsconfig.json"),
  };
  await build({ ...common, entryPoints: [join(page, "main.ts")], platform: "browser", target: "es2022" });
  await build({
    ...common,
    entryPoints: { latents: join(page, "latents/worker.ts") },
    platform: "browser",
    target: "es2022",
    format: "iife",
    // ONNX Runtime asks where it lies, to find files that it is given here.
    define: { "import.meta.url": '"file:///"' },
  });
  await build({ ...common, entryPoints: [join(page, "static.ts")], platform: "node", target: "node20" });
}
