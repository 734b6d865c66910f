import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { addonFile } from "#scripts/installation.mjs";
import { builtAgainst, checkBuild, explainLoading } from "./built.js";
import { libraryPath, TorchError, version } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "gantry-built-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A file as long as it need be with the record of some build in it. */
function addonOf(record: readonly string[]): string {
  const file = join(folder, "addon.node");
  const bytes = Buffer.from(["<gantry-libtorch>", ...record, "</gantry-libtorch>"].join("\n"));
  writeFileSync(file, Buffer.concat([Buffer.alloc(999, 7), bytes, Buffer.alloc(99, 255)]));
  return file;
}

const library = join(folder, "libtorch_cpu.so");
const header = join(folder, "version.h");
writeFileSync(library, "");
writeFileSync(
  header,
  "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 0\n",
);
const wheel = join(folder, "lib/python3.11/site-packages/torch");

test("the addon says which LibTorch it was built against, and that is the one that is loaded", () => {
  const built = builtAgainst();
  assert.ok(built !== undefined);
  assert.equal(built.version, version());
  assert.equal(built.library, realpathSync(built.library));
  if (process.env.LD_LIBRARY_PATH === undefined) assert.equal(libraryPath(), built.library);
  assert.match(readFileSync(built.header, "utf8"), /TORCH_VERSION_MAJOR/);
});

test("a build whose LibTorch is as it was is loaded, one whose LibTorch is gone or another is not", () => {
  checkBuild();
  checkBuild(addonOf([folder, library, header, "2.13.0", "$LIBTORCH"]));
  const refused = (record: readonly string[], reason: RegExp) =>
    assert.throws(
      () => checkBuild(addonOf(record)),
      (error) =>
        error instanceof TorchError && reason.test(error.message) && /npm run setup/.test(error.message),
    );
  refused(
    [folder, `${library}.1`, header, "2.13.0", "the active venv's"],
    /2\.13\.0 \(the active venv's, .*is gone/,
  );
  refused(
    [folder, library, header, "2.12.1", "$LIBTORCH"],
    /built against LibTorch 2\.12\.1 .*2\.13\.0 is there now/,
  );
  refused([], /does not say which LibTorch/);
  assert.throws(() => checkBuild(join(folder, "none.node")), /not built: run `npm run setup` in /);
  // Headers may be taken away after the build.
  checkBuild(addonOf([folder, library, join(folder, "none.h"), "2.12.1", "$LIBTORCH"]));
});

test("a library that LibTorch needs and that is missing is named, with what brings it", () => {
  const loading = (text: string, record: readonly string[]) =>
    explainLoading(new Error(text), addonOf(record));
  const cublas = "libcublas.so.13: cannot open shared object file: No such file or directory\nat more";
  assert.match(
    loading(cublas, [wheel, library, header, "2.14.1", "the active venv's"]),
    /^LibTorch 2\.14\.1 .* needs libcublas\.so\.13, which is not found: `python3 -m pip install torch==2\.14\.1` /,
  );
  assert.match(
    loading(cublas, ["/usr", library, header, "1.13.0", "the system's"]),
    /libcublas.*: run `npm run setup` in/,
  );
  assert.match(
    loading("undefined symbol: x", [wheel, library, header, "2.14.1", "y"]),
    /\(undefined symbol: x\).*npm run setup/,
  );
  assert.ok(!loading(cublas, [wheel, library, header, "2.14.1", "y"]).includes("\n"));
  assert.ok(addonFile.endsWith(".node"));
});
