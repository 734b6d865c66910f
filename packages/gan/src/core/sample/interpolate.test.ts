import assert from "node:assert/strict";
import { test } from "node:test";
import { interpolate } from "./interpolate.js";

const close = (actual: ArrayLike<number>, expected: readonly number[]) =>
  expected.forEach((value, i) => {
    assert.ok(Math.abs((actual[i] as number) - value) < 1e-6, `${i}: ${actual[i]}, expected ${value}`);
  });

test("a quarter turn stays on the circle", () => {
  const half = Math.SQRT1_2;
  close(interpolate(Float32Array.of(1, 0, 0, 1), 2, 3, "spherical"), [1, 0, half, half, 0, 1]);
});

test("a straight way cuts the corner", () => {
  close(interpolate(Float32Array.of(1, 0, 0, 1), 2, 3, "linear"), [1, 0, 0.5, 0.5, 0, 1]);
});

test("opposite, equal and zero latents are joined by a straight way", () => {
  close(interpolate(Float32Array.of(1, 0, -1, 0), 2, 3, "spherical"), [1, 0, 0, 0, -1, 0]);
  close(interpolate(Float32Array.of(1, 0, 1, 0), 2, 2, "spherical"), [1, 0, 1, 0]);
  close(interpolate(Float32Array.of(0, 0, 1, 2), 2, 2, "spherical"), [0, 0, 1, 2]);
});

test("pairs follow each other, and an odd latent is refused", () => {
  const out = interpolate(Float32Array.of(1, 2, 10, 20), 1, 2, "linear");
  close(out, [1, 2, 10, 20]);
  assert.throws(
    () => interpolate(Float32Array.of(1, 2, 3), 1, 2, "linear"),
    /pairs of latents, and there are 3/,
  );
  assert.throws(() => interpolate(Float32Array.of(1, 2), 1, 1, "linear"), /at least 2 images/);
});
