import assert from "node:assert/strict";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { Random } from "../core/data/index.js";
import { killRepeatedly } from "../testing/killing.js";
import { temporaryFolder, tinyConfig } from "../testing/runs.js";

setThreads(1);

// `npm run kill` does the same with 200 kills.
test("killed at 4 random moments and resumed each time, a run ends in the same bits as one left alone", async () => {
  const config = await tinyConfig("gan", "", {
    steps: 250,
    intervals: { checkpoint: 5, sample: 50, log: 3 },
  });
  const report = await killRepeatedly(config, await temporaryFolder(), 4, new Random(17));
  assert.equal(report.kills, 4);
  assert.deepEqual(report.different, []);
});
