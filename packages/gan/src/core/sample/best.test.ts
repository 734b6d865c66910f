import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../data/index.js";
import { Best } from "./best.js";

test("the best are those of a whole sort, equal ones in the order in which they came", () => {
  const random = new Random(3);
  const scores = Float32Array.from({ length: 1000 }, () => random.integer(200));
  const data = Float32Array.from({ length: 2000 }, (_, i) => i);
  for (const most of [1, 7, 64, 1000, 3000]) {
    const best = new Best(most);
    for (let from = 0; from < 1000; from += 33)
      best.add(data.subarray(2 * from, 2 * (from + 33)), scores.subarray(from, from + 33));
    const whole = Array.from(scores, (score, place) => ({ score, place }))
      .sort((a, b) => b.score - a.score || a.place - b.place)
      .slice(0, most);
    assert.deepEqual(
      best.ranked().map(({ score, place }) => ({ score, place })),
      whole,
    );
    for (const { place, data: own } of best.ranked()) assert.deepEqual([...own], [2 * place, 2 * place + 1]);
  }
});
