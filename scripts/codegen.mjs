// `npm run codegen`: writes packages/torch/src/ops_gen.ts anew. It type-checks nothing first: what uses an operator that is not
// generated yet, or what a hand left in the generated file, is no reason not to generate it.
import { join } from "node:path";
import { buildNative } from "../packages/torch/scripts/build-native.mjs";
import { root, run, runScript, Stop, script } from "./shared.mjs";

script(async () => {
  await buildNative();
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const status = run(process.execPath, [compiler, "-p", "packages/torch", "--noCheck"]);
  if (status !== 0) throw new Stop("packages/torch is not TypeScript (see above)", status);
  if (run(process.execPath, [join(root, "packages/torch/dist/codegen/main.js")]) !== 0) throw new Stop("", 1);
  runScript("build.mjs");
});
