// Finds LibTorch and says how to compile against it. Used by binding.gyp, the build and `gantry doctor`.
//   node find-libtorch.mjs include | libraries | flags | standard | json
// Looked for, in this order: $LIBTORCH (a LibTorch folder); the system's (Debian's libtorch-dev); the one inside an
// installed Python `torch`; Homebrew's. What cannot be found is explained with the command that fixes it.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What to do when there is no LibTorch, one line a way. */
export const HELP = `LibTorch was not found. Gantry needs it to build its native part. Do one of:
  Debian/Ubuntu:        sudo apt-get install libtorch-dev libopenblas0-openmp g++ make python3
  macOS:                brew install pytorch
  a downloaded LibTorch: unzip it anywhere, then: LIBTORCH=/path/to/libtorch npm run build
  PyTorch in Python:    pip install torch (found by itself), then: npm run build`;

/** @returns {{root: string, include: string[], lib: string, version: string, source: string} | undefined} */
function inspect(root, source) {
  const includes = [join(root, "include"), join(root, "include/torch/csrc/api/include")].filter(existsSync);
  const header = includes.map((dir) => join(dir, "ATen/ATen.h")).find(existsSync);
  if (header === undefined) return undefined;
  const version = versionOf(includes);
  const libs = [join(root, "lib"), ...multiarch(root)];
  const lib = libs.find((dir) =>
    ["libtorch.so", "libtorch.dylib"].some((name) => existsSync(join(dir, name))),
  );
  if (lib === undefined) return undefined;
  // System headers are on the compiler's own path; naming /usr/include again would break #include_next.
  const include = root === "/usr" ? includes.slice(1) : includes;
  return { root, include, lib, version, source };
}

/** From torch/version.h; since 2.9 that includes another header which holds the numbers. */
function versionOf(includes) {
  const text = ["torch/version.h", "torch/headeronly/version.h"]
    .flatMap((name) => includes.map((dir) => join(dir, name)))
    .filter(existsSync)
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const number = (name) => new RegExp(`TORCH_VERSION_${name} (\\d+)`).exec(text)?.[1] ?? "0";
  return `${number("MAJOR")}.${number("MINOR")}.${number("PATCH")}`;
}

function multiarch(root) {
  const lib = join(root, "lib");
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .filter((name) => name.includes("-linux-gnu"))
    .map((name) => join(lib, name));
}

function pythonTorch() {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const script =
        "import importlib.util,os; s=importlib.util.find_spec('torch'); print(os.path.dirname(s.origin) if s else '')";
      const root = execFileSync(python, ["-c", script], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
      if (root !== "") return root;
    } catch {
      // No such Python, or it has no torch: the next place is asked.
    }
  }
  return undefined;
}

export function findLibtorch() {
  if (process.env.LIBTORCH) {
    const found = inspect(process.env.LIBTORCH, "$LIBTORCH");
    if (found === undefined)
      throw new Error(
        `LIBTORCH=${process.env.LIBTORCH} is not a LibTorch folder (no include/ATen/ATen.h or no lib/libtorch).\n${HELP}`,
      );
    return found;
  }
  const python = pythonTorch();
  const places = [
    ["/usr", "the system's"],
    [python, "Python's torch"],
    ["/opt/homebrew", "Homebrew's"],
    ["/usr/local", "/usr/local"],
  ];
  for (const [root, source] of places) {
    const found = root === undefined ? undefined : inspect(root, source);
    if (found !== undefined) return found;
  }
  throw new Error(HELP);
}

function libraries(found) {
  const names = readdirSync(found.lib);
  const has = (name) => names.some((file) => file === `lib${name}.so` || file === `lib${name}.dylib`);
  const flags = [`-L${found.lib}`, "-ltorch", "-ltorch_cpu", "-lc10"];
  // A GPU library registers its operators when it is loaded; nothing refers to it by symbol, so it must be kept.
  const gpu = ["torch_cuda", "c10_cuda", "torch_hip", "c10_hip"].filter(has);
  if (gpu.length > 0) {
    flags.push("-Wl,--no-as-needed", ...gpu.map((name) => `-l${name}`), "-Wl,--as-needed");
  }
  if (found.root !== "/usr") flags.push(`-Wl,-rpath,${found.lib}`);
  if (usesOpenmp(found)) {
    // A second OpenMP library would have threads of its own, which setThreads() does not reach.
    const own = names.find((file) => file.startsWith("libgomp"));
    flags.push(own === undefined ? "-lgomp" : `-l:${own}`);
  }
  return flags;
}

/** at::parallel_for is a template: it uses LibTorch's threads only where its caller is compiled with OpenMP too. */
function usesOpenmp(found) {
  if (process.platform !== "linux") return false;
  const config = found.include.concat(join(found.root, "include")).map((dir) => join(dir, "ATen/Config.h"));
  return /AT_PARALLEL_OPENMP 1/.test(readFileSync(config.find(existsSync), "utf8"));
}

/** LibTorch builds before 2.7 may use the old C++ string ABI; a function of libc10 that takes a string tells which. */
function abiFlags(found) {
  const file = join(found.lib, "libc10.so");
  if (!existsSync(file)) return [];
  return readFileSync(file).includes("torchCheckFailEPKcS2_jRKSs") ? ["-D_GLIBCXX_USE_CXX11_ABI=0"] : [];
}

/** The C++ standard LibTorch's own headers ask for, and C++17 at least. */
function standard(found) {
  const header = found.include.concat(join(found.root, "include")).map((dir) => join(dir, "ATen/ATen.h"));
  const text = readFileSync(header.find(existsSync), "utf8");
  const least = Number(/__cplusplus < (\d{6})L/.exec(text)?.[1] ?? 0);
  return least > 201703 ? "c++20" : "c++17";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const found = findLibtorch();
    const answers = {
      include: () => found.include.join("\n"),
      libraries: () => libraries(found).join("\n"),
      flags: () => [...abiFlags(found), ...(usesOpenmp(found) ? ["-fopenmp"] : [])].join("\n"),
      standard: () => standard(found),
      json: () => JSON.stringify(found),
    };
    console.log((answers[process.argv[2]] ?? answers.json)());
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
