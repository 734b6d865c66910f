// `npx gantry setup [--with pip]`: from an installed package to one that runs. Finds LibTorch or brings it, as the set-up of
// a clone does, then takes an addon that was built for it elsewhere, or builds one.
import { existsSync } from "node:fs";
import { buildNative } from "./build-native.mjs";
import { addonFile, inClone, SETUP } from "./installation.mjs";
import { placePrebuilt, prebuilts } from "./prebuilt.mjs";
import { checkNode, Stop, script } from "./process.mjs";
import { bringSystemParts, wantsPip } from "./system-parts.mjs";

script(async () => {
  checkNode();
  const withPip = wantsPip(process.argv.slice(2), SETUP);
  if (inClone) throw new Stop(`this is a clone of Gantry: run \`${SETUP}\` in its folder`, 2);
  await bringSystemParts({
    withPip,
    first: !existsSync(addonFile),
    compiles: prebuilts().length === 0,
  });
  const placed = placePrebuilt();
  if (placed === undefined) await buildNative();
  else
    console.log(
      `took the addon that was built for LibTorch ${placed.version} (${placed.source}, ${placed.root})`,
    );
  console.log("Gantry is set up. `npx gantry doctor` looks at what it stands on.");
});
