import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed, setThreads } from "@gantry/torch";
import { families } from "../../core/nets/family.js";
import { CASES, networksOf } from "../../testing/onnxCases.js";
import { checkExport } from "../../testing/onnxChecks.js";

setThreads(1);

const everyFamily = await families.all();

test("every family is exported here", () => {
  assert.deepEqual([...everyFamily.keys()].sort(), Object.keys(CASES).sort());
});

for (const [name, family] of everyFamily)
  for (const each of CASES[name] ?? [])
    test(`${name} ${JSON.stringify(each)}`, async () => {
      manualSeed(1);
      for (const { what, judged, make } of networksOf(family, each)) {
        using network = make();
        await checkExport(network, judged, what);
      }
    });
