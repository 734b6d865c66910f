// Whether this package lies in a clone of Gantry or was installed from npm, and what a person types there. Both set
// themselves up by the same code; a clone compiles TypeScript too, and keeps what is its own in its own folder.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** This package's folder. */
export const packageRoot = fileURLToPath(new URL("..", import.meta.url));

const repository = fileURLToPath(new URL("../../..", import.meta.url));

/** Only a clone has the repository's own set-up two folders above. */
export const inClone = existsSync(join(repository, "scripts/setup.mjs"));

/** The compiled addon. */
export const addonFile = join(packageRoot, "build/Release/gantry_torch.node");

/** The command that finds LibTorch or brings it, and builds. */
export const SETUP = inClone ? "npm run setup" : "npx gantry setup";

/** The command that builds, and brings nothing. */
export const BUILD = inClone ? "npm run build" : "npx gantry setup";

/** SETUP with PyTorch's wheel. */
export const SETUP_WITH_PIP = inClone ? "npm run setup -- --with pip" : "npx gantry setup --with pip";

/** The same as SETUP, where `gantry` is not installed beside this package. */
export const SETUP_SCRIPT = `node ${join(packageRoot, "scripts/setup.mjs")}`;

/** What mends a native part that is not as it should be. */
export const MEND = inClone ? `run \`${SETUP}\` in ${repository}` : `run \`${SETUP}\``;

/**
 * The Python environment that set-up makes where it takes PyTorch's wheel; deleted at will. In a clone it is ignored by git;
 * installed it lies outside node_modules, which package managers empty.
 */
export const OWN = inClone ? join(repository, ".libtorch") : join(caches(), "gantry/libtorch");

function caches() {
  const given = process.env.XDG_CACHE_HOME;
  return given !== undefined && isAbsolute(given) ? given : join(homedir(), ".cache");
}
