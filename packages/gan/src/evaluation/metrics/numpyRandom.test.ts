import assert from "node:assert/strict";
import { test } from "node:test";
import { readGolden } from "../../testing/golden.js";
import { NumpyRandomState } from "./numpyRandom.js";

interface Golden {
  random: { seed: number; uint32: number[]; permutation: number[]; choice: number[] }[];
}

test("draws what NumPy's RandomState draws", () => {
  for (const { seed, uint32, permutation, choice } of readGolden<Golden>("metrics/metrics.json").random) {
    const random = new NumpyRandomState(seed);
    assert.deepEqual(
      uint32.map(() => random.uint32()),
      uint32,
    );
    assert.deepEqual([...new NumpyRandomState(seed).permutation(700)], permutation);
    assert.deepEqual([...new NumpyRandomState(seed).choice(5000, 20)], choice);
  }
});

test("refuses seeds that NumPy refuses, and more than there is", () => {
  for (const seed of [-1, 0.5, 2 ** 32, Number.NaN])
    assert.throws(() => new NumpyRandomState(seed), RangeError);
  assert.throws(() => new NumpyRandomState(0).choice(3, 4), RangeError);
});
