import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/errors.js";
import { CodedPrior, Prior } from "../nets/prior.js";
import { latentArithmetic, latentNeighbours } from "./arithmetic.js";

const grid = Float32Array.of(1, 2, 3, 5, 5, 11, -4, 0);

test("means of exemplars are added and taken away, in any number and order", () => {
  const { means, result } = latentArithmetic(grid, 2, [
    { sign: 1, places: [0, 1] },
    { sign: -1, places: [3] },
    { sign: 1, places: [1, 0, 2] },
  ]);
  assert.deepEqual([...means], [2, 3.5, -4, 0, 3, 6]);
  assert.deepEqual([...result], [2 + 4 + 3, 3.5 - 0 + 6]);
  assert.deepEqual([...latentArithmetic(grid, 2, [{ sign: -1, places: [2] }]).result], [-5, -11]);
});

test("a place beyond the grid, one twice and none are refused in a line", () => {
  for (const [places, reason] of [
    [[4], /no position 4 in the grid: it has 4, 0 to 3; a larger one: --count 5/],
    [[1, 1], /position 1 is named twice/],
    [[], /one exemplar or more/],
  ] as const)
    assert.throws(
      () => latentArithmetic(grid, 2, [{ sign: 1, places }]),
      (error) => error instanceof UsageError && reason.test(error.message),
    );
});

test("neighbours are within a quarter of the paper's U(-1, 1), as wide for other priors, and have the same codes", () => {
  const count = 4000;
  for (const [distribution, reach] of [
    ["uniform", 0.25],
    ["normal", 0.25 * Math.sqrt(3)],
    ["unit", 0.125],
  ] as const) {
    const prior = new Prior({ size: 3, distribution });
    const latent = Float32Array.of(0.5, -1, 2);
    const near = latentNeighbours(latent, prior, count, 1);
    const noise = near.map((value, at) => value - (latent[at % 3] as number));
    const widest = noise.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assert.ok(widest <= reach * (1 + 1e-5) && widest > 0.99 * reach, `${distribution}: ${widest}`);
    // Uniform noise has a third of its reach squared for a variance.
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
    assert.ok(Math.abs(variance / (reach ** 2 / 3) - 1) < 0.03, `${distribution}: ${variance}`);
    assert.deepEqual(latentNeighbours(latent, prior, count, 1), near);
  }
  const coded = new CodedPrior(new Prior({ size: 1, distribution: "uniform" }), {
    categorical: [2],
    continuous: 1,
  });
  const near = latentNeighbours(Float32Array.of(0, 0, 1, 0.5), coded, 5, 2);
  for (let i = 0; i < 5; i++) {
    assert.notEqual(near[4 * i], 0);
    assert.deepEqual([...near.subarray(4 * i + 1, 4 * i + 4)], [0, 1, 0.5]);
  }
});
