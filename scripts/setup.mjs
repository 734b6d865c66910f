// `npm run setup [-- --with pip]`: from a fresh machine with Node to a built Gantry. Quick when nothing is to be done.
//   1. what is missing of a compiler and LibTorch: by apt-get where this user may, LibTorch else as PyTorch's wheel by pip,
//      with `--with pip` in any case; said before it is done, with its size
//   2. npm's packages
//   3. the build
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch, HELP, OWN, ownLibtorch } from "../packages/torch/scripts/find-libtorch.mjs";
import { aptInstall, aptPrefix, byHand, hasCandidate, installed } from "./setup/apt.mjs";
import { installPackages } from "./setup/npm.mjs";
import { hasPip, installWheel } from "./setup/wheel.mjs";
import { ask, nodeHeaders, root, runScript, Stop, script } from "./shared.mjs";

const FASHION = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";

/** What a build takes beside LibTorch, by Debian's names. */
function missingTools() {
  const compiler = process.env.CXX !== undefined || ask("g++", ["--version"]) !== undefined;
  return [
    ...(compiler ? [] : ["g++"]),
    ...["make", "python3"].filter((name) => ask(name, ["--version"]) === undefined),
  ];
}

/** What Gantry goes without: each with what is lost. */
function missingExtras(torch) {
  const extras = [];
  // Without it Debian's LibTorch multiplies matrices with the reference BLAS, many times slower.
  if (torch?.root === "/usr" && !installed("libopenblas0-openmp"))
    extras.push({
      name: "libopenblas0-openmp",
      use: "multiplies matrices many times faster than what is there",
    });
  // Debian's own nodejs, and some others, come without the headers that the native part is compiled against.
  if (nodeHeaders() === undefined) extras.push({ name: "libnode-dev", use: "Node's headers" });
  if (!existsSync(FASHION)) extras.push({ name: "dataset-fashion-mnist", use: "the demo's data set" });
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

/** A compiler, LibTorch, and what is good to have beside them. */
async function systemParts(withPip) {
  const prefix = aptPrefix();
  const torch = libtorch();
  const wheel = withPip ? ownLibtorch() === undefined : torch === undefined && prefix === undefined;
  const tools = [...missingTools(), ...(wheel && !hasPip() ? ["python3-venv"] : [])];
  // Asked for once: what this system does not have, it will not have the next time.
  const first = !existsSync(join(root, "node_modules"));
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

function wantsPip(args) {
  if (args.length === 0) return false;
  if (args.join(" ").replace("=", " ") === "--with pip") return true;
  throw new Stop(
    `npm run setup takes \`-- --with pip\` (LibTorch as PyTorch's wheel) and nothing else; got ${args.join(" ")}`,
    2,
  );
}

script(async () => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 17))
    throw new Stop(`Gantry needs Node 20.17 or newer; this is ${process.version}`, 2);
  const withPip = wantsPip(process.argv.slice(2));
  await systemParts(withPip);
  if (withPip) warnOfOthers();
  installPackages(root);
  runScript("build.mjs");
});
