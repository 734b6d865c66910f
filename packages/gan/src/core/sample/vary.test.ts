import assert from "node:assert/strict";
import { test } from "node:test";
import { vary } from "./vary.js";

const latents = Float32Array.of(9, 0, 1, 0, 0.5, 8, 1, 0, 0, 0.25);

test("a categorical code takes every category, and the rest of the latent stays", () => {
  const { latents: rows, frames } = vary(latents, 5, { kind: "categorical", from: 1, length: 3 }, 7);
  assert.equal(frames, 3);
  const expected = [9, 8].flatMap((noise, row) =>
    [0, 1, 2].flatMap((one) => [noise, ...[0, 1, 2].map((i) => Number(i === one)), row === 0 ? 0.5 : 0.25]),
  );
  assert.deepEqual([...rows], expected);
});

test("a continuous code goes from -2 to 2", () => {
  const { latents: rows, frames } = vary(latents, 5, { kind: "continuous", from: 4, length: 1 }, 5);
  assert.equal(frames, 5);
  assert.deepEqual(
    [...rows].filter((_, i) => i % 5 === 4),
    [-2, -1, 0, 1, 2, -2, -1, 0, 1, 2],
  );
  assert.deepEqual([...rows.subarray(20, 24)], [9, 0, 1, 0]);
});

test("half a latent and a single value are refused", () => {
  const code = { kind: "continuous", from: 1, length: 1 } as const;
  assert.throws(() => vary(latents, 4, code, 3), /10 numbers are no latents of length 4/);
  assert.throws(() => vary(latents, 5, code, 1), /at least 2 values in a row, not 1/);
});
