import assert from "node:assert/strict";
import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import study, { kolmogorov, rankCorrelation } from "./theorem-2.js";

test(`${study.name}: two cells, a few iterations`, async () => {
  const results = (await smoke(study, { seeds: 1, iterations: 4 })) as { loss: number }[][];
  assert.ok(results.every((seen) => seen.length === 4 && seen.every(({ loss }) => Number.isFinite(loss))));
});

test("the distance of cumulative distributions, and the correlation of ranks, as by hand", () => {
  assert.equal(kolmogorov([1, 2, 3, 4], [1, 2, 3, 4]), 0);
  assert.equal(kolmogorov([1, 2], [3, 4]), 1);
  // Three quarters of the first lie below 2.5, a quarter of the second.
  assert.equal(kolmogorov([1, 1, 2, 9], [2, 5, 6, 7]), 0.5);
  assert.equal(rankCorrelation([1, 5, 9], [10, 11, 80]), 1);
  assert.equal(rankCorrelation([1, 5, 9], [3, 2, 1]), -1);
  // SciPy's spearmanr has 0.8 too: 1 - 6 * 2 / (4 * 15).
  assert.ok(Math.abs(rankCorrelation([1, 2, 3, 4], [2, 1, 3, 4]) - 0.8) < 1e-12);
});
