import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { writePlace } from "#scripts/prebuilt.mjs";
import { builtAgainst } from "./built.js";

const folder = mkdtempSync(join(tmpdir(), "gantry-prebuilt-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, "addon.node");
const found = {
  root: "/opt/torch",
  include: [],
  lib: "/opt/torch/lib",
  library: "/opt/torch/lib/libtorch_cpu.so",
  header: "/opt/torch/include/torch/version.h",
  version: "2.13.0",
  source: "$LIBTORCH",
};

/** As a linker lays it out: the search path among other strings, each ended by a zero, and the record. */
function addon(room: number): Buffer {
  const path = "/gantry-libtorch-folder".padEnd(2048, "#");
  const record = `<gantry-libtorch>\n${"#".repeat(room)}\n</gantry-libtorch>`;
  return Buffer.from(`first\0${path}\0last\0${record}\0end`);
}

test("an addon that was built elsewhere is told where LibTorch lies, and nothing else in it moves", () => {
  const before = addon(8192);
  writeFileSync(file, before);
  writePlace(file, found);
  const { include: _1, lib: _2, ...record } = found;
  assert.deepEqual(builtAgainst(file), record);
  const now = readFileSync(file);
  assert.equal(now.length, before.length);
  assert.equal(now.toString("latin1", 0, 21), "first\0/opt/torch/lib\0");
  assert.equal(now.indexOf("last\0"), before.indexOf("last\0"));
  assert.ok(now.toString("latin1").endsWith("\0end"));
});

test("an addon without that room, and a path that is too long for it, are refused", () => {
  writeFileSync(file, addon(10));
  assert.throws(() => writePlace(file, found), /no room/);
  writeFileSync(file, addon(8192));
  assert.throws(() => writePlace(file, { ...found, lib: `/${"x".repeat(3000)}` }), /too long/);
});
