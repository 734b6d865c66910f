import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryForecast, requireMemory } from "./memory.js";

const GIB = 2 ** 30;

test("work that takes more than there is is refused, with how much that is and what to do", () => {
  requireMemory(2 * GIB, "it", "take less", 2 * GIB);
  assert.throws(() => requireMemory(3.4 * GIB, "5 images", "take fewer", 2 * GIB), {
    name: "UsageError",
    message: "5 images would take about 3.4 GiB of memory, and 2.0 GiB are free; take fewer",
  });
});

test("what many rounds will hold is told after the first ones", () => {
  const held: Buffer[] = [];
  const round = () => held.push(Buffer.alloc(2 ** 23, held.length + 1));
  const few = new MemoryForecast(8);
  for (let i = 0; i < 8; i++) {
    round();
    few.roundDone("it", "take less");
  }
  const many = new MemoryForecast(1e9);
  round();
  many.roundDone("it", "take less");
  round();
  assert.throws(() => many.roundDone("a billion rounds", "take fewer"), {
    name: "UsageError",
    message: /^a billion rounds would take about [\d,]+ GiB of memory, and .* are free; take fewer$/,
  });
  assert.equal(held.length, 10);
});
