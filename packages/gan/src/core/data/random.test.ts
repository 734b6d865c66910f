import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Random, type RandomState } from "./random.js";

test("xoshiro128** gives its published numbers", () => {
  // From the tests of Rust's rand_xoshiro, for the same starting state.
  const random = Random.restore({ words: [1, 2, 3, 4], spare: null });
  const numbers = Array.from({ length: 10 }, () => random.uint32());
  assert.deepEqual(
    numbers,
    [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804],
  );
});

test("splitmix64 seeds as published", () => {
  // The first two outputs for seed 0: e220a8397b1dcdaf, 6e789e6aa1b965f4.
  assert.deepEqual(new Random(0).state().words, [0x7b1dcdaf, 0xe220a839, 0xa1b965f4, 0x6e789e6a]);
});

test("a restored generator goes on exactly, also between the two numbers of a pair", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat({ max: 5 }), (seed, drawn) => {
      const random = new Random(seed);
      for (let i = 0; i < drawn; i++) random.gaussian();
      const copy = Random.restore(JSON.parse(JSON.stringify(random.state())) as RandomState);
      for (let i = 0; i < 4; i++) assert.equal(copy.gaussian(), random.gaussian());
      assert.equal(copy.uint32(), random.uint32());
    }),
  );
});

test("whole numbers are in range and even", () => {
  const random = new Random(1);
  const counts = new Float64Array(10);
  for (let i = 0; i < 100_000; i++) counts[random.integer(10)]!++;
  // Chi-squared with 9 degrees of freedom: above 27.9 once in a thousand seeds; the seed is fixed.
  const chi = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assert.ok(chi < 27.9, `chi-squared ${chi}`);
  // Without the second draw, a third of all numbers below 3 * 2^30 would come up twice as often.
  const bound = 3 * 2 ** 30;
  let low = 0;
  for (let i = 0; i < 30_000; i++) if (random.integer(bound) < 2 ** 30) low++;
  assert.ok(Math.abs(low / 30_000 - 1 / 3) < 0.012, `${low}`);
  assert.equal(random.integer(1), 0);
  assert.ok(random.integer(2 ** 32) >= 0);
  for (const bad of [0, -1, 1.5, 2 ** 32 + 1, Number.NaN])
    assert.throws(() => random.integer(bad), RangeError);
});

test("uniform and normal numbers have their moments", () => {
  const random = new Random(2);
  const count = 100_000;
  let [uniform, mean, square, fourth, beyond] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const u = random.uniform();
    assert.ok(u >= 0 && u < 1);
    uniform += u / count;
    const x = random.gaussian();
    mean += x / count;
    square += x ** 2 / count;
    fourth += x ** 4 / count;
    if (Math.abs(x) > 3) beyond += 1 / count;
  }
  const near = (value: number, wanted: number, tolerance: number) =>
    assert.ok(Math.abs(value - wanted) < tolerance, `${value} is not ${wanted}`);
  near(uniform, 0.5, 0.004);
  near(mean, 0, 0.013);
  near(square, 1, 0.018);
  near(fourth, 3, 0.13);
  near(beyond, 0.0027, 0.0007);
});

test("shuffling keeps all, and all orders are equally likely", () => {
  const random = new Random(3);
  const orders = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const values = Uint32Array.of(0, 1, 2, 3);
    random.shuffle(values);
    orders.set(values.join(""), (orders.get(values.join("")) ?? 0) + 1);
  }
  assert.equal(orders.size, 24);
  const chi = [...orders.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
  assert.ok(chi < 49.7, `chi-squared ${chi}`); // 23 degrees of freedom, one in a thousand
});

test("seeds and states that make no sense are refused", () => {
  for (const seed of [0.5, Number.NaN, 2 ** 53]) assert.throws(() => new Random(seed), RangeError);
  assert.throws(() => Random.restore({ words: [0, 0, 0, 0], spare: null }), RangeError);
  assert.throws(() => Random.restore({ words: [1, 2, 3, -4], spare: null }), RangeError);
});
