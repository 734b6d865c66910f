import assert from "node:assert/strict";
import { test } from "node:test";
import { normal } from "./draw.js";
import { between, drawLatents } from "./latents.js";
import { MersenneTwister } from "./mersenneTwister.js";

test("MT19937 is the standard's", () => {
  const random = new MersenneTwister(5489);
  let last = 0;
  for (let i = 0; i < 10_000; i++) last = random.integer();
  // ISO C++, [rand.predef]: the 10000th invocation of mt19937 by its default seed.
  assert.equal(last, 4_123_659_995);
});

test("normal numbers are normal, however many are drawn at once", () => {
  for (const [seed, count] of [
    [1, 40_000],
    [2, 39_997],
  ] as const) {
    const values = normal(new MersenneTwister(seed), count);
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    const square = values.reduce((sum, value) => sum + value * value, 0) / count;
    assert.ok(Math.abs(mean) < 0.02 && Math.abs(square - 1) < 0.03, `${mean}, ${square}`);
  }
  const one = [3, 4, 5, 6].map((seed) => normal(new MersenneTwister(seed), 1)[0]);
  assert.equal(new Set(one).size, 4);
});

test("truncated latents stay inside, and other latents are not truncated", () => {
  const prior = { size: 64, distribution: "normal", codes: [] } as const;
  const latents = drawLatents(prior, 20, 1, 0.5);
  assert.ok(latents.every((value) => Math.abs(value) <= 0.5));
  const plain = drawLatents(prior, 20, 1);
  for (const [i, value] of plain.entries()) if (Math.abs(value) <= 0.5) assert.equal(latents[i], value);
  assert.throws(() => drawLatents({ ...prior, distribution: "unit" }, 1, 1, 0.5), /for latents of N\(0, 1\)/);
});

test("the way between two latents is an arc for normal ones, a line for others", () => {
  const [a, b] = [Float32Array.of(2, 0), Float32Array.of(0, 2)];
  const arc = between({ size: 2, distribution: "normal", codes: [] }, a, b, 0.5);
  assert.ok(arc.every((value) => Math.abs(value - Math.SQRT2) < 1e-6));
  const line = between({ size: 2, distribution: "uniform", codes: [] }, a, b, 0.25);
  assert.deepEqual([...line], [1.5, 0.5]);
  assert.deepEqual([...between({ size: 2, distribution: "normal", codes: [] }, a, a, 0.3)], [2, 0]);
});
