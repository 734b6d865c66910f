// Bundles the studio's pages into packages/studio/dist/page, for the browser and, where a page becomes a file, for Node. Part of
// `npm run build`.
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./shared.mjs";

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
    logLevel: "warning",
    tsconfig: join(page, "tsconfig.json"),
  };
  await build({ ...common, entryPoints: [join(page, "main.ts")], platform: "browser", target: "es2022" });
  await build({ ...common, entryPoints: [join(page, "static.ts")], platform: "node", target: "node20" });
}
