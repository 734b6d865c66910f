import assert from "node:assert/strict";
import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import study from "./cost.js";

test(`${study.name}: two cells, an iteration; costs are above 0`, async () => {
  const results = (await smoke(study, { seeds: 1, iterations: 1 })) as number[][];
  for (const ratios of results) assert.ok(ratios.length === 1 && ratios[0]! > 0);
});
