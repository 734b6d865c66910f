import assert from "node:assert/strict";
import { test } from "node:test";
import { RandomGenerator, scope, setThreads } from "@gantry/torch";
import { CodedPrior, Prior } from "./prior.js";

setThreads(1);

const noise = new Prior({ size: 3, distribution: "unit" });
const coded = new CodedPrior(noise, { categorical: [4, 2], continuous: 2 });

test("codes lie behind the noise, one after the other", () => {
  assert.equal(coded.size, 3 + 4 + 2 + 2);
  assert.deepEqual(coded.codes, [
    { kind: "categorical", from: 3, length: 4 },
    { kind: "categorical", from: 7, length: 2 },
    { kind: "continuous", from: 9, length: 1 },
    { kind: "continuous", from: 10, length: 1 },
  ]);
  assert.deepEqual(noise.codes, []);
});

test("categories are as likely as each other and drawn apart, continuous codes uniform in [-1, 1]", () => {
  const count = 8000;
  const rows = scope(() => {
    const latents = coded.sample(count, new RandomGenerator(5, "cpu"));
    assert.deepEqual(latents.shape, [count, coded.size]);
    const flat = latents.toNumbers();
    return Array.from({ length: count }, (_, row) => flat.slice(row * coded.size, (row + 1) * coded.size));
  });
  const pairs = new Map<string, number>();
  for (const row of rows) {
    assert.ok(row.slice(0, 3).every((value) => value >= 0 && value < 1));
    const chosen = coded.codes.slice(0, 2).map(({ from, length }) => {
      const code = row.slice(from, from + length);
      assert.deepEqual([...code].sort(), [...Array<number>(length - 1).fill(0), 1]);
      return code.indexOf(1);
    });
    pairs.set(chosen.join(), (pairs.get(chosen.join()) ?? 0) + 1);
    assert.ok(row.slice(9).every((value) => value >= -1 && value < 1));
  }
  // Eight cells of 1000 expected, standard deviation 30.
  assert.equal(pairs.size, 8);
  for (const [pair, found] of pairs) assert.ok(Math.abs(found - 1000) < 150, `${pair}: ${found}`);
  for (const at of [9, 10]) {
    const values = rows.map((row) => row[at] as number);
    const mean = values.reduce((a, b) => a + b) / count;
    const square = values.reduce((sum, value) => sum + value * value, 0) / count;
    // 0 and 1/3, five standard deviations of the estimates.
    assert.ok(Math.abs(mean) < 5 * Math.sqrt(1 / 3 / count), `${mean}`);
    assert.ok(Math.abs(square - 1 / 3) < 5 * Math.sqrt(4 / 45 / count), `${square}`);
  }
});

test("the same seed draws the same latents", () => {
  const draw = (seed: number) => scope(() => coded.sample(5, new RandomGenerator(seed, "cpu")).toNumbers());
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
});
