// The latents of @gantry/web against LibTorch's own.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CodedPrior, Prior } from "@gantry/gan/nets";
import { RandomGenerator, scope, setThreads } from "@gantry/torch";
import { drawLatents } from "@gantry/web";

setThreads(1);

/** The largest distance from what LibTorch draws. */
function apart(prior: Prior, count: number, seed: number): number {
  const { size, distribution, codes } = prior;
  const drawn = drawLatents({ size, distribution, codes }, count, seed);
  const expected = scope(() => prior.sample(count, new RandomGenerator(seed, "cpu")).toTypedArray());
  assert.equal(drawn.length, expected.length);
  return Math.max(...drawn.map((value, i) => Math.abs(value - Number(expected[i]))));
}

test("uniform numbers and codes are LibTorch's to the bit, for every seed", () => {
  for (const seed of [0, 1, 12_345, 2 ** 32 + 7, 2 ** 53 - 1])
    for (const distribution of ["uniform", "unit"] as const)
      assert.equal(apart(new Prior({ size: 130, distribution }), 9, seed), 0);
  const noise = new Prior({ size: 62, distribution: "uniform" });
  assert.equal(apart(new CodedPrior(noise, { categorical: [10, 3], continuous: 2 }), 37, 5), 0);
});

test("normal numbers are LibTorch's but for its approximation of logarithm, sine and cosine", () => {
  for (const [size, count] of [
    [128, 64],
    [100, 3],
    [2, 512],
    [7, 5],
    [16, 1],
    // Fewer than 16 numbers are drawn one by one.
    [3, 5],
    [5, 1],
  ] as const)
    for (const seed of [0, 3, 99_999]) {
      const distance = apart(new Prior({ size, distribution: "normal" }), count, seed);
      assert.ok(distance < 2e-6, `${count} latents of ${size}, seed ${seed}: ${distance}`);
    }
});
