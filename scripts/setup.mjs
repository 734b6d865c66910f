// `npm run setup`: from a fresh machine with Node to a built Gantry. Quick when nothing is to be done.
//   1. Debian's packages (LibTorch, a compiler): installed where that is allowed, otherwise the command is printed
//   2. npm's packages
//   3. the build
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch, HELP } from "../packages/torch/scripts/find-libtorch.mjs";
import { ask, nodeHeaders, root, run, runScript, Stop, script } from "./shared.mjs";

/** Packages by their Debian names, each with what it is for; `optional` ones may be missing from a distribution. */
function wanted() {
  const packages = [
    { name: "g++", has: () => ask("g++", ["--version"]) !== undefined },
    { name: "make", has: () => ask("make", ["--version"]) !== undefined },
    { name: "python3", has: () => ask("python3", ["--version"]) !== undefined },
    {
      name: "dataset-fashion-mnist",
      optional: "the demo's data set",
      has: () => existsSync("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"),
    },
  ];
  const torch = libtorch();
  if (torch === undefined || torch.root === "/usr") {
    packages.push({ name: "libtorch-dev", has: () => torch !== undefined });
    // Without it Debian's LibTorch multiplies matrices with the reference BLAS, many times slower.
    packages.push({ name: "libopenblas0-openmp", has: () => installed("libopenblas0-openmp") });
  }
  // Debian's own nodejs, and some others, come without the headers that native add-ons are compiled against.
  if (nodeHeaders() === undefined) packages.push({ name: "libnode-dev", has: () => false });
  return packages;
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

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholder
const installed = (name) => ask("dpkg-query", ["-W", "-f", "${db:Status-Status}", name]) === "installed";

function hasCandidate(name) {
  const policy = ask("apt-cache", ["policy", name]) ?? "";
  return /Candidate: (?!\(none\))/.test(policy);
}

function systemPackages() {
  let missing = wanted().filter((entry) => !entry.has());
  if (missing.length === 0) return;
  if (ask("apt-get", ["--version"]) === undefined) {
    const needed = missing.filter((entry) => entry.optional === undefined).map((entry) => entry.name);
    if (needed.length === 0) return;
    const headers = needed.includes("libnode-dev")
      ? "\nNode's headers (include/node/node_api.h) were not found beside the node program: install Node from nodejs.org."
      : "";
    throw new Stop(`missing: ${needed.join(", ")} (Debian's names).\n${HELP}${headers}`, 2);
  }

  const isRoot = process.getuid?.() === 0;
  const prefix = isRoot ? [] : ask("sudo", ["-n", "true"]) === undefined ? undefined : ["sudo", "-n"];
  const command = (names) => `sudo apt-get update && sudo apt-get install ${names.join(" ")}`;
  if (prefix === undefined) {
    const needed = missing.map((entry) => entry.name);
    throw new Stop(
      `Gantry needs system packages. Run this once, then again what you ran:\n  ${command(needed)}`,
      2,
    );
  }
  const apt = (...args) => {
    const [program, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(program, rest);
  };

  let updated = false;
  const update = () => {
    updated = true;
    if (apt("update", "-q") !== 0) apt("update", "-q");
  };
  if (!missing.every((entry) => hasCandidate(entry.name))) update();
  for (const entry of missing.filter((e) => !hasCandidate(e.name))) {
    if (entry.optional !== undefined) {
      console.warn(
        `${entry.name} (${entry.optional}) is in none of this system's package lists: going on without it`,
      );
      missing = missing.filter((other) => other !== entry);
    } else {
      const headers = entry.name === "libnode-dev" ? "\nNode from nodejs.org brings its headers along." : "";
      throw new Stop(`${entry.name} is in none of this system's package lists.\n${HELP}${headers}`, 2);
    }
  }
  const names = missing.map((entry) => entry.name);
  if (names.length === 0) return;
  console.log(`installing ${names.join(", ")}`);
  const install = () => apt("install", "-y", "-q", "--no-install-recommends", ...names);
  let status = install();
  // An old list names versions that the mirror has dropped; a busy mirror deserves a second try.
  if (status !== 0) {
    if (!updated) update();
    status = install();
  }
  if (status !== 0) throw new Stop(`apt-get failed (see above). Try it by hand:\n  ${command(names)}`, 2);
}

/** Whether node_modules holds what package-lock.json says: npm writes down there what it has installed. */
function npmUpToDate() {
  const record = join(root, "node_modules/.package-lock.json");
  if (!existsSync(record)) return false;
  const has = JSON.parse(readFileSync(record, "utf8")).packages;
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(lock).every(([path, entry]) => {
    if (!path.startsWith("node_modules/") || entry.optional) return true;
    return has[path] !== undefined && has[path].version === entry.version && existsSync(join(root, path));
  });
}

script(() => {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 17))
    throw new Stop(`Gantry needs Node 20.17 or newer; this is ${process.version}`, 2);
  systemPackages();
  if (!npmUpToDate()) {
    let status = run("npm", ["ci", "--no-audit", "--no-fund"]);
    if (status !== 0) {
      // npm ci refuses a lock file that names no package for some other platform; the versions stay those it does name.
      console.log("npm ci failed (see above): trying npm install");
      status = run("npm", ["install", "--no-save", "--no-audit", "--no-fund"]);
    }
    if (status !== 0) throw new Stop("npm's packages could not be installed (see above)", status);
  }
  runScript("build.mjs");
});
