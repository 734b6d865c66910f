// Runs that another LibTorch, or an older Gantry with other words for what is scheduled, began: they go on with the same random
// numbers, and the same losses within rounding.
import assert from "node:assert/strict";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { setThreads, version } from "@gantry/torch";
import { temporaryFolder } from "../testing/runs.js";
import { resumeRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
const kept = fileURLToPath(new URL("../../golden/across", import.meta.url));

for (const name of (await readdir(kept)).filter((each) => !each.endsWith(".mjs")))
  test(`a run of ${name} goes on by LibTorch ${version()}`, async () => {
    const path = join(folder, name);
    await cp(join(kept, name), path, { recursive: true });
    await rm(join(path, "later.json"));
    const later = JSON.parse(await readFile(join(kept, name, "later.json"), "utf8")) as Record<
      string,
      Record<string, number>
    >;
    const run = await resumeRun(path);
    assert.equal(run.trainer.iteration, 10);
    const seen: number[] = [];
    for await (const { iteration, scalars } of run.reports()) {
      seen.push(iteration);
      const expected = later[iteration] ?? {};
      assert.deepEqual(Object.keys(scalars ?? {}).sort(), Object.keys(expected).sort());
      for (const [key, value] of Object.entries(expected)) {
        const found = scalars?.[key] ?? Number.NaN;
        // Ten steps of Adam: other latents or noise would be off in the first digit.
        assert.ok(
          Math.abs(found - value) <= 1e-5 * Math.max(1, Math.abs(value)),
          `iteration ${iteration}, ${key}: ${found}, there ${value}`,
        );
      }
    }
    await run.trainer.close();
    assert.deepEqual(seen, Object.keys(later).map(Number));
  });
