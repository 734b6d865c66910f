// Finds LibTorch: where it is looked for, in which order, and how one is recognised. The build, set-up and
// `gantry doctor` ask here; compiler.mjs says how to compile against what was found.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { BUILD, OWN, SETUP } from "./installation.mjs";

/** What to do when there is no LibTorch, one line a way. */
export const HELP = `LibTorch was not found. Gantry needs it to build its native part. Do one of:
  by Gantry:             ${SETUP}
  Debian/Ubuntu:         sudo apt-get install libtorch-dev libopenblas0-openmp g++, then: ${BUILD}
  macOS:                 brew install pytorch, then: ${BUILD}
  a downloaded LibTorch: unzip it anywhere, then: LIBTORCH=/path/to/libtorch ${BUILD}
  PyTorch in Python:     activate its venv or conda environment, then: ${BUILD}`;

/**
 * @typedef {object} LibTorch
 * @property {string} root folder that holds include/ and lib/
 * @property {string[]} include folders for the compiler
 * @property {string} lib folder of the libraries
 * @property {string} library the true path of the library that computes, links followed
 * @property {string} header the file that states the version
 * @property {string} version as 2.13.0
 * @property {string} source whose it is, in words
 */

/** @returns {LibTorch | undefined} what lies at `root`, if that is a LibTorch one can compile against */
export function inspect(root, source) {
  const includes = [join(root, "include"), join(root, "include/torch/csrc/api/include")].filter(existsSync);
  if (!includes.some((folder) => existsSync(join(folder, "ATen/ATen.h")))) return undefined;
  const lib = [join(root, "lib"), ...multiarch(root)].find((folder) => libraryIn(folder) !== undefined);
  if (lib === undefined) return undefined;
  // System headers are on the compiler's own path; naming /usr/include again would break #include_next.
  const include = root === "/usr" ? includes.slice(1) : includes;
  return { root, include, lib, library: realpathSync(libraryIn(lib)), ...versionOf(includes), source };
}

function libraryIn(folder) {
  return ["libtorch_cpu.so", "libtorch_cpu.dylib"].map((name) => join(folder, name)).find(existsSync);
}

/** From torch/version.h; since 2.9 that includes another header, which holds the numbers. */
function versionOf(includes) {
  const headers = ["torch/headeronly/version.h", "torch/version.h"].flatMap((name) =>
    includes.map((folder) => join(folder, name)),
  );
  for (const header of headers.filter(existsSync)) {
    const text = readFileSync(header, "utf8");
    const numbers = ["MAJOR", "MINOR", "PATCH"].map(
      (part) => new RegExp(`TORCH_VERSION_${part} (\\d+)`).exec(text)?.[1],
    );
    if (numbers.every((number) => number !== undefined)) return { header, version: numbers.join(".") };
  }
  return { header: "", version: "0.0.0" };
}

function multiarch(root) {
  const lib = join(root, "lib");
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.includes("-linux-gnu"))
    .map((name) => join(lib, name));
}

/** The folders in which a Python environment may hold LibTorch: its `torch`, and for conda's libtorch itself. */
function environment(folder) {
  if (!folder) return [];
  const pythons = ["lib", "lib64"]
    .map((name) => join(folder, name))
    .filter(existsSync)
    .flatMap((lib) =>
      readdirSync(lib)
        .filter((name) => /^python3\.\d+t?$/.test(name))
        .map((name) => join(lib, name, "site-packages/torch")),
    );
  return [...pythons, folder];
}

/** The `torch` that some Python imports; starting one takes a moment, so it is asked only when its turn comes. */
function* pythons() {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const script =
        "import importlib.util,os; s=importlib.util.find_spec('torch'); print(os.path.dirname(s.origin) if s and s.origin else '')";
      const root = execFileSync(python, ["-c", script], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
      if (root !== "") yield root;
    } catch {
      // No such Python, or it has no torch: the next place is asked.
    }
  }
}

/** @returns {LibTorch | undefined} the one in Gantry's own environment */
export function ownLibtorch() {
  return environment(OWN)
    .map((root) => inspect(root, "Gantry's own"))
    .find((found) => found !== undefined);
}

/** Every place but $LIBTORCH, the first that has one wins. */
const PLACES = [
  { source: "the active venv's", roots: () => environment(process.env.VIRTUAL_ENV) },
  { source: "the active conda environment's", roots: () => environment(process.env.CONDA_PREFIX) },
  { source: "Gantry's own", roots: () => environment(OWN) },
  { source: "the system's", roots: () => ["/usr"] },
  { source: "Python's", roots: pythons },
  { source: "Homebrew's", roots: () => [process.env.HOMEBREW_PREFIX ?? "/opt/homebrew"] },
  { source: "/usr/local's", roots: () => ["/usr/local"] },
];

/** @returns {LibTorch} @throws with all that can be done, when there is none */
export function findLibtorch() {
  if (process.env.LIBTORCH) {
    const found = inspect(process.env.LIBTORCH, "$LIBTORCH");
    if (found === undefined)
      throw new Error(
        `LIBTORCH=${process.env.LIBTORCH} is not a LibTorch folder (no include/ATen/ATen.h or no lib/libtorch_cpu).\n${HELP}`,
      );
    return found;
  }
  for (const { source, roots } of PLACES) {
    for (const root of roots()) {
      const found = inspect(root, source);
      if (found !== undefined) return found;
    }
  }
  throw new Error(HELP);
}

/** The version that the headers beside a library state; undefined where there are none. */
export function versionBeside(library) {
  let root = dirname(library);
  for (let up = 0; up < 3; up++) {
    root = dirname(root);
    const found = inspect(root, "");
    if (found?.library === library) return found.version;
  }
  return undefined;
}
