import assert from "node:assert/strict";
import { grad } from "../autograd.js";
import { fromTypedArray, type Tensor } from "../tensor.js";
import type { Random } from "./random.js";

/** Values in [-1, 1), float64 unless told. */
export function noise(
  random: Random,
  shape: readonly number[],
  dtype: "float32" | "float64" = "float64",
): Tensor {
  const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.next() * 2 - 1);
  return fromTypedArray(data, shape, dtype);
}

/** Asserts that two tensors have one shape and elements within `tolerance` of each other, relative to the largest. */
export function assertClose(actual: Tensor, expected: Tensor, tolerance: number, what = ""): void {
  assert.deepEqual(actual.shape, expected.shape, what);
  if (actual.numel === 0) return;
  const difference = actual.sub(expected).abs().max().item();
  const scale = Math.max(1, expected.abs().max().item());
  assert.ok(difference <= tolerance * scale, `${what}: differs by ${difference}, at a scale of ${scale}`);
}

/**
 * Asserts that the gradients of `f` are its finite differences: central ones, in float64, along a random direction.
 * @param f a single number from float64 inputs
 */
export function assertGradients(
  f: (inputs: readonly Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  random: Random,
  { step = 1e-5, tolerance = 1e-7, what = "" } = {},
): void {
  const leaves = inputs.map((t) => t.detach().clone().requiresGrad_());
  const gradients = grad(f(leaves), leaves);
  for (const [i, gradient] of gradients.entries()) {
    const direction = noise(random, gradient.shape);
    const slope = gradient.mul(direction).sum(null).item();
    const moved = (by: number) => {
      const at = inputs.map((t, k) => {
        const moved = k === i ? t.detach().add(direction.mul(by)) : t.detach().clone();
        // f may itself differentiate by its inputs.
        return moved.requiresGrad_();
      });
      return f(at).item();
    };
    const estimate = (moved(step) - moved(-step)) / (2 * step);
    const scale = Math.max(1, Math.abs(estimate));
    assert.ok(
      Math.abs(slope - estimate) <= tolerance * scale,
      `${what}: input ${i}: gradient says ${slope}, finite differences ${estimate}`,
    );
  }
}

/** Differs by no more than what rounding to bfloat16 costs, and what a sum in float32 does that nearly cancels out. */
export function assertRounded(found: Tensor, expected: Tensor, what: string): void {
  assert.deepEqual(found.shape, expected.shape, what);
  const most = expected
    .abs()
    .mul(2 ** -8)
    .add(expected.abs().max().mul(1e-5));
  const excess = found.to({ dtype: "float64" }).sub(expected).abs().sub(most).max().item();
  assert.ok(excess <= 0, `${what}: ${excess} more than rounding explains`);
}
