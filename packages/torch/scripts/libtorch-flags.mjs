// What binding.gyp asks of the LibTorch that was found: how to compile against it, how to link with it.
//   node libtorch-flags.mjs include | libraries | flags | standard | root | library | header | version | source
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findLibtorch } from "./find-libtorch.mjs";

function libraries(found) {
  const names = readdirSync(found.lib);
  const has = (name) => names.some((file) => file === `lib${name}.so` || file === `lib${name}.dylib`);
  const flags = [`-L${found.lib}`, "-ltorch", "-ltorch_cpu", "-lc10"];
  // A GPU library registers its operators when it is loaded; nothing refers to it by symbol, so it must be kept.
  const gpu = ["torch_cuda", "c10_cuda", "torch_hip", "c10_hip"].filter(has);
  if (gpu.length > 0) {
    flags.push("-Wl,--no-as-needed", ...gpu.map((name) => `-l${name}`), "-Wl,--as-needed");
  }
  if (found.root !== "/usr") {
    flags.push(`-Wl,-rpath,${found.lib}`);
    // The older kind of rpath comes before LD_LIBRARY_PATH, where another LibTorch may lie.
    if (process.platform === "linux") flags.push("-Wl,--disable-new-dtags");
  }
  if (usesOpenmp(found)) {
    // A second OpenMP library would have threads of its own, which setThreads() does not reach.
    const own = names.find((file) => file.startsWith("libgomp"));
    flags.push(own === undefined ? "-lgomp" : `-l:${own}`);
  }
  return flags;
}

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
function standard(found) {
  const header = includes(found).map((folder) => join(folder, "ATen/ATen.h"));
  const text = readFileSync(header.find(existsSync), "utf8");
  const least = Number(/__cplusplus < (\d{6})L/.exec(text)?.[1] ?? 0);
  const [major, minor] = found.version.split(".").map(Number);
  // 2.13 asks for C++17 and uses C++20: compilers warn of it in every file.
  return least > 201703 || major > 2 || (major === 2 && minor >= 13) ? "c++20" : "c++17";
}

/** gyp splits lists as a shell would: paths may hold spaces. */
const list = (words) => words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join("\n");

try {
  const found = findLibtorch();
  const answers = {
    include: () => list(found.include),
    libraries: () => list(libraries(found)),
    flags: () => list([...abiFlags(found), ...(usesOpenmp(found) ? ["-fopenmp"] : [])]),
    standard: () => standard(found),
  };
  const [, , question] = process.argv;
  console.log(answers[question]?.() ?? found[question]);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
