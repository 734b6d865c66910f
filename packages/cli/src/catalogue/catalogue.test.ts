import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { builtCatalogue, hasOwnParts } from "./catalogue.js";
import { makeCatalogue } from "./make.js";

test("what the build wrote is what the registries hold", async () => {
  const built = builtCatalogue();
  assert.ok(built !== undefined, "code is newer than dist/catalogue.json: run `npm run build`");
  assert.deepEqual(built, JSON.parse(JSON.stringify(await makeCatalogue())));
});

test("every recipe is under a head, says when to take it, and has the preset small", () => {
  for (const { name, group, when, presets } of builtCatalogue()!.recipes) {
    assert.ok(group !== null && when !== null, name);
    assert.ok("small" in presets, name);
  }
});

test("parts of one's own are not in it", () => {
  assert.ok(hasOwnParts({ import: ["./dragan.ts"] }));
  assert.ok(!hasOwnParts({}));
  const before = process.cwd();
  const gone = mkdtempSync(join(tmpdir(), "gantry-gone-"));
  process.chdir(gone);
  rmSync(gone, { recursive: true });
  try {
    assert.ok(!hasOwnParts({}), "where no folder is");
  } finally {
    process.chdir(before);
  }
});
