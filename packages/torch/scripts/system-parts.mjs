// What of the system Gantry stands on: a compiler, LibTorch, and what is good to have beside them. What is missing comes by
// apt-get where this user may, LibTorch else as PyTorch's wheel by pip; said before it is done, with its size.
import { existsSync } from "node:fs";
import { aptInstall, aptPrefix, byHand, hasCandidate, installed } from "./apt.mjs";
import { compiler, hasGloo } from "./compiler.mjs";
import { findLibtorch, HELP, ownLibtorch } from "./find-libtorch.mjs";
import { OWN } from "./installation.mjs";
import { ask, Stop } from "./process.mjs";
import { hasPip, installWheel } from "./wheel.mjs";

const FASHION = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";

/** What a build takes beside LibTorch, by Debian's names. */
const missingTools = () => (compiler() === undefined ? ["g++"] : []);

/** What Gantry goes without: each with what is lost. */
function missingExtras(torch) {
  const extras = [];
  // Without it Debian's LibTorch multiplies matrices with the reference BLAS, many times slower.
  if (torch?.root === "/usr" && !installed("libopenblas0-openmp"))
    extras.push({
      name: "libopenblas0-openmp",
      use: "multiplies matrices many times faster than what is there",
    });
  if (process.platform === "linux" && !hasGloo())
    extras.push({ name: "libgloo-dev", use: "lets several processes or machines train one model" });
  if (!existsSync(FASHION)) extras.push({ name: "dataset-fashion-mnist", use: "a data set to train with" });
  return extras;
}

function libtorch() {
  try {
    return findLibtorch();
  } catch (error) {
    // A wrong $LIBTORCH is the user's own word: no package makes it right.
    if (process.env.LIBTORCH) throw new Stop(error.message);
    return undefined;
  }
}

function cannotInstall(names) {
  if (process.platform === "darwin")
    return "Gantry is built by Apple's command line tools: run xcode-select --install, then again what you ran";
  if (ask("apt-get", ["--version"]) === undefined)
    return `Gantry's native part is compiled: install ${names.join(", ")} (Debian's names), then run again what you ran`;
  return `Gantry's native part is compiled, and this user may not install what that takes. Have this run once, then run again what you ran:\n  ${byHand(names)}`;
}

/**
 * Brings what is missing.
 * @param withPip whether LibTorch comes as PyTorch's wheel, whatever there is
 * @param first whether nobody was asked for the extras yet: what this system does not have, it will not have the next time
 * @param compiles whether anything will be compiled
 * @throws Stop where this user may not install it
 */
export async function bringSystemParts({ withPip, first, compiles = true }) {
  const prefix = aptPrefix();
  const torch = libtorch();
  const wheel = withPip ? ownLibtorch() === undefined : torch === undefined && prefix === undefined;
  const tools = [...(compiles ? missingTools() : []), ...(wheel && !hasPip() ? ["python3-venv"] : [])];
  const extras = missingExtras(torch).filter(
    ({ name }) => first || (prefix !== undefined && hasCandidate(name)),
  );
  if (prefix === undefined) {
    if (tools.length > 0) throw new Stop(cannotInstall(tools), 2);
    warnOf(extras, "is not installed");
  } else {
    const libraries = torch === undefined && !withPip ? ["libtorch-dev", "libopenblas0-openmp"] : [];
    installByApt(prefix, [...tools, ...libraries], tools, extras);
  }
  if (wheel || libtorch() === undefined) await installWheel();
  if (withPip) warnOfOthers();
}

function installByApt(prefix, needed, tools, extras) {
  const names = [...needed, ...extras.map(({ name }) => name)];
  const unknown = names.length === 0 ? [] : aptInstall(prefix, names);
  const without = unknown.filter((name) => tools.includes(name));
  if (without.length > 0)
    throw new Stop(`${without.join(", ")}: in none of this system's package lists.\n${HELP}`, 2);
  // The wheel is the way where a distribution has no LibTorch.
  if (unknown.includes("libtorch-dev") && !hasPip()) aptInstall(prefix, ["python3-venv"]);
  warnOf(
    extras.filter(({ name }) => unknown.includes(name)),
    "is in none of this system's package lists",
  );
}

/** A wheel that was asked for is not what is built against where a place before it has a LibTorch. */
function warnOfOthers() {
  const [torch, own] = [libtorch(), ownLibtorch()];
  if (torch !== undefined && own !== undefined && torch.library !== own.library)
    console.warn(
      `${torch.source} LibTorch (${torch.root}) goes before the wheel in ${OWN}: without it, run this again`,
    );
}

function warnOf(extras, why) {
  for (const { name, use } of extras) console.warn(`${name} (${use}) ${why}: going on without it`);
}

/** Whether set-up's options ask for PyTorch's wheel. @throws Stop where they ask for anything else */
export function wantsPip(args, command) {
  if (args.length === 0) return false;
  if (args.join(" ").replace("=", " ") === "--with pip") return true;
  throw new Stop(
    `${command} takes \`--with pip\` (LibTorch as PyTorch's wheel) and nothing else; got ${args.join(" ")}`,
    2,
  );
}
