// `npm run setup [-- --with pip]`: from a fresh machine with Node to a built Gantry. Quick when nothing is to be done.
//   1. what is missing of a compiler and LibTorch; packages/torch/scripts/system-parts.mjs says how it comes
//   2. npm's packages
//   3. the build
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SETUP } from "../packages/torch/scripts/installation.mjs";
import { checkNode } from "../packages/torch/scripts/process.mjs";
import { bringSystemParts, wantsPip } from "../packages/torch/scripts/system-parts.mjs";
import { installPackages } from "./npmPackages.mjs";
import { root, runScript, script } from "./shared.mjs";

script(async () => {
  checkNode();
  const withPip = wantsPip(process.argv.slice(2), `${SETUP} --`);
  await bringSystemParts({ withPip, first: !existsSync(join(root, "node_modules")) });
  installPackages(root);
  runScript("build.mjs");
});
