// What a package manager runs when it has installed this package: nothing is downloaded, and nothing is said to fail. Where
// there is no LibTorch or no compiler, the first use says what to do. A clone is built by `npm run build`.
import { buildNative } from "./build-native.mjs";
import { inClone, SETUP } from "./installation.mjs";
import { placePrebuilt } from "./prebuilt.mjs";

if (!inClone) {
  try {
    if (placePrebuilt() === undefined) await buildNative();
  } catch (error) {
    console.log(`${error.message}\nGantry is installed, and its native part is not built yet: ${SETUP}`);
  }
}
