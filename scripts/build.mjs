// `npm run build`: the native part, when its sources or LibTorch changed; then TypeScript, with its lists; then what runs in browsers.
import { join } from "node:path";
import { buildNative } from "../packages/torch/scripts/build-native.mjs";
import { writeKnown } from "./known.mjs";
import { ask, root, run, Stop, script } from "./shared.mjs";

script(async () => {
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  if (ask(process.execPath, [compiler, "--version"]) === undefined)
    throw new Stop("npm's packages are not installed: run `npm run setup`");
  await buildNative();
  writeKnown();
  const status = run(process.execPath, [compiler, "-b"]);
  if (status !== 0) throw new Stop("the type check failed (see above)", status);
  const { writeCatalogue } = await import("../packages/cli/dist/catalogue/write.js");
  await writeCatalogue();
  // Looked for now: esbuild is one of npm's packages.
  const { buildStudioPages, buildWebPage } = await import("./pages.mjs");
  await buildWebPage();
  await buildStudioPages();
});
