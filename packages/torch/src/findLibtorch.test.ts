import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "gantry find ")));
after(() => rmSync(folder, { recursive: true, force: true }));

const scripts = new URL("../../scripts/", import.meta.url);

/** What the scripts say: the found LibTorch, and the compiler's words for it. */
const program = `
  import { findLibtorch } from "${new URL("find-libtorch.mjs", scripts)}";
  import { compileFlags, linkFlags } from "${new URL("compiler.mjs", scripts)}";
  try {
    const found = findLibtorch();
    console.log(JSON.stringify({ ...found, compile: compileFlags(found), link: linkFlags(found) }));
  } catch (error) {
    console.error(error.message);
  }
`;

interface Answer {
  readonly version: string;
  readonly source: string;
  readonly root: string;
  readonly library: string;
  readonly compile: readonly string[];
  readonly link: readonly string[];
}

/** What the build is told, with these places named by the environment. */
function run(places: Record<string, string>): { stdout: string; stderr: string } {
  const { LIBTORCH: _1, VIRTUAL_ENV: _2, CONDA_PREFIX: _3, ...env } = process.env;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...env, ...places },
    encoding: "utf8",
  });
}

const ask = (places: Record<string, string>): Answer => JSON.parse(run(places).stdout) as Answer;

function write(file: string, text = ""): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** A LibTorch of empty files, but for what is read of it. */
function libtorch(root: string, version: string): string {
  const [major, minor, patch] = version.split(".");
  const numbers = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  write(join(root, "include/ATen/ATen.h"), "#if __cplusplus < 202002L\n#error C++20\n#endif\n");
  write(join(root, "include/ATen/Config.h"), "#define AT_PARALLEL_OPENMP 1\n");
  write(join(root, "include/torch/version.h"), "#include <torch/headeronly/version.h>\n");
  write(join(root, "include/torch/headeronly/version.h"), numbers);
  write(join(root, "lib/libtorch_cpu.so.7"));
  symlinkSync("libtorch_cpu.so.7", join(root, "lib/libtorch_cpu.so"));
  write(join(root, "lib/libc10.so"));
  return root;
}

const named = libtorch(join(folder, "named"), "2.5.1");
const venv = join(folder, "venv");
const inVenv = libtorch(join(venv, "lib/python3.11/site-packages/torch"), "2.13.0");
const conda = join(folder, "conda");
libtorch(conda, "2.7.0");
const empty = join(folder, "empty");
mkdirSync(empty);

test("$LIBTORCH goes first, then the active venv, then conda's, then what the system has", () => {
  const all = { LIBTORCH: named, VIRTUAL_ENV: venv, CONDA_PREFIX: conda };
  const version = (places: Record<string, string>) => ask(places).version;
  assert.equal(version(all), "2.5.1");
  assert.equal(version({ ...all, LIBTORCH: "" }), "2.13.0");
  assert.equal(version({ CONDA_PREFIX: conda, VIRTUAL_ENV: empty }), "2.7.0");
  assert.equal(ask({ CONDA_PREFIX: conda }).source, "the active conda environment's");
  // An environment without torch stands in nobody's way.
  assert.equal(version({ VIRTUAL_ENV: empty, CONDA_PREFIX: join(folder, "none") }), version({}));
});

test("a $LIBTORCH that is none is the user's mistake, and no other is taken", () => {
  const { stdout, stderr } = run({ LIBTORCH: empty, VIRTUAL_ENV: venv });
  assert.equal(stdout, "");
  assert.match(stderr, /^LIBTORCH=.*empty is not a LibTorch folder/);
});

test("the true path of the library, the standard its headers ask for, and paths with spaces", () => {
  const places = { VIRTUAL_ENV: venv };
  const { root, library, compile, link } = ask(places);
  assert.equal(root, inVenv);
  assert.equal(library, join(inVenv, "lib/libtorch_cpu.so.7"));
  assert.ok(compile.includes("-std=c++20"));
  assert.ok(compile.includes(`-I${join(inVenv, "include")}`));
  assert.ok(link.includes(`-L${join(inVenv, "lib")}`));
});
