// The compiler, and what it and the linker are told: of this machine, and of the LibTorch that was found.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { ask, Stop } from "./process.mjs";

/**
 * @returns {string[] | undefined} the words that start the C++ compiler: $CXX as it is, with what stands before it (`ccache
 * g++`), else the first that is there
 */
export function compiler() {
  const given = process.env.CXX?.trim();
  if (given) return given.split(/\s+/);
  const names = process.platform === "darwin" ? ["c++"] : ["g++", "c++"];
  const found = names.find((name) => ask(name, ["--version"]) !== undefined);
  return found === undefined ? undefined : [found];
}

/** Node-API's headers come as packages: neither Node's own headers nor a download of them is needed. */
export function nodeApiFolders() {
  const require = createRequire(import.meta.url);
  const unquoted = (folder) => folder.replace(/^"(.*)"$/, "$1");
  // The former gives it relative to the working directory.
  return ["node-addon-api", "node-api-headers"].map((name) => {
    try {
      return resolve(unquoted(require(name).include_dir));
    } catch {
      throw new Stop(`npm's package ${name} is not installed: run \`npm run setup\`, or npm install`);
    }
  });
}

/** For every file of native/. */
export function compileFlags(found) {
  return [
    `-std=${standard(found)}`,
    ...["-O2", "-fno-math-errno", "-fno-omit-frame-pointer", "-fPIC", "-pthread"],
    ...["-Wall", "-Wextra", "-Wno-unused-parameter"],
    ...(process.platform === "darwin" ? ["-mmacosx-version-min=12.0"] : []),
    ...abiFlags(found),
    ...(usesOpenmp(found) ? ["-fopenmp"] : []),
    ...[...nodeApiFolders(), ...found.include].map((folder) => `-I${folder}`),
  ];
}

/** For the whole: a library whose Node-API functions are those of the program that loads it. */
export function linkFlags(found) {
  const kind =
    process.platform === "darwin"
      ? ["-bundle", "-undefined", "dynamic_lookup", "-mmacosx-version-min=12.0"]
      : ["-shared", "-pthread"];
  // Of PyTorch's wheel it is a part.
  const groups = hasGloo() && found.root === "/usr" ? ["-Wl,--as-needed", "-lgloo"] : [];
  return [...kind, `-L${found.lib}`, ...libraries(found), ...groups];
}

/** Where the addon looks for LibTorch's libraries when it is loaded. */
export function searchFlags(folder) {
  // The older kind of rpath comes before LD_LIBRARY_PATH, where another LibTorch may lie.
  const older = process.platform === "linux" ? ["-Wl,--disable-new-dtags"] : [];
  return [`-Wl,-rpath,${folder}`, ...older];
}

/** What of a LibTorch, beside its version, an addon is made for: another's will not load, or takes strings for something else. */
export const kindOf = (found) => [nameOf(found), ...abiFlags(found), ...libraries(found)];

/** The library's name as it is asked for: Debian's holds the version, as libtorch_cpu.so.1.13, the wheel's does not. */
const nameOf = ({ library }) => basename(library).replace(/^(.*\.so\.\d+\.\d+)\.\d+$/, "$1");

function libraries(found) {
  const names = readdirSync(found.lib);
  const has = (name) => names.some((file) => file === `lib${name}.so` || file === `lib${name}.dylib`);
  const flags = ["-ltorch", "-ltorch_cpu", "-lc10"];
  // A GPU library registers its operators when it is loaded; nothing refers to it by symbol, so it must be kept.
  const gpu = ["torch_cuda", "c10_cuda", "torch_hip", "c10_hip"].filter(has);
  if (gpu.length > 0) flags.push("-Wl,--no-as-needed", ...gpu.map((name) => `-l${name}`), "-Wl,--as-needed");
  if (usesOpenmp(found)) {
    // A second OpenMP library would have threads of its own, which setThreads() does not reach.
    const own = names.find((file) => file.startsWith("libgomp"));
    // Debian's lies among the system's libraries, under whatever name: it is the compiler's.
    flags.push(own === undefined || found.root === "/usr" ? "-lgomp" : `-l:${own}`);
  }
  return flags;
}

/** What bindings/distributed.cc alone is told. */
export const groupFlags = (found) => [
  ...(hasGloo() ? ["-DGANTRY_GLOO"] : []),
  ...(process.env.GANTRY_WITH_NCCL === "1"
    ? ["-DGANTRY_NCCL", ...cudaFolders(found).map((folder) => `-I${folder}`)]
    : []),
];

/** Headers of CUDA and NCCL: what pip put beside PyTorch's wheel, then the toolkit's. */
function cudaFolders(found) {
  const beside = join(found.root, "../nvidia");
  const packages = existsSync(beside) ? readdirSync(beside).sort() : [];
  const toolkit = process.env.CUDA_HOME ?? "/usr/local/cuda";
  return [...packages.map((name) => join(beside, name)), toolkit]
    .map((folder) => join(folder, "include"))
    .filter(existsSync);
}

/** Whether processes can train together: LibTorch's header for that includes gloo's, which are a package of their own. */
export const hasGloo = () => existsSync("/usr/include/gloo/rendezvous/store.h");

const includes = (found) => found.include.concat(join(found.root, "include"));

/** at::parallel_for is a template: it uses LibTorch's threads only where its caller is compiled with OpenMP too. */
function usesOpenmp(found) {
  if (process.platform !== "linux") return false;
  const config = includes(found).map((folder) => join(folder, "ATen/Config.h"));
  return /AT_PARALLEL_OPENMP 1/.test(readFileSync(config.find(existsSync), "utf8"));
}

/** LibTorch builds before 2.7 may use the old C++ string ABI; a function of libc10 that takes a string tells which. */
function abiFlags(found) {
  const file = join(found.lib, "libc10.so");
  if (!existsSync(file)) return [];
  return readFileSync(file).includes("torchCheckFailEPKcS2_jRKSs") ? ["-D_GLIBCXX_USE_CXX11_ABI=0"] : [];
}

/** The C++ standard LibTorch's own headers ask for, and C++17 at least. */
export function standard(found) {
  const header = includes(found).map((folder) => join(folder, "ATen/ATen.h"));
  const text = readFileSync(header.find(existsSync), "utf8");
  const least = Number(/__cplusplus < (\d{6})L/.exec(text)?.[1] ?? 0);
  const [major, minor] = found.version.split(".").map(Number);
  // 2.13 asks for C++17 and uses C++20: compilers warn of it in every file.
  return least > 201703 || major > 2 || (major === 2 && minor >= 13) ? "c++20" : "c++17";
}
