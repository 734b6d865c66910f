import assert from "node:assert/strict";
import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import study from "./theorem-1.js";

test(`${study.name}: two cells; the numeric minimum is at p_g = p_d, a few iterations of the training`, async () => {
  const results = (await smoke(study, { seeds: 1, iterations: 4 })) as { distance: number }[];
  assert.ok(results.every(({ distance }) => distance < 1e-6));
});
