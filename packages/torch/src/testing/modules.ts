// What the tests of modules and optimizers share.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { grad } from "../autograd.js";
import { functions as torch } from "../ops_gen.js";
import { scope } from "../scope.js";
import { Tensor, tensor } from "../tensor.js";
import type { DType } from "../types.js";

/**
 * A golden file's content. Tests run from `dist`; the files stay in `golden`.
 * @param path below `golden`
 */
export function readGolden<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../../golden/${path}`, import.meta.url), "utf8")) as T;
}

/** A tensor as the golden scripts write it. */
export interface Values {
  shape: number[];
  data: number[];
  dtype: DType;
}

/** @param dtype default the recorded one */
export function fromValues(values: Values, dtype = values.dtype): Tensor {
  return tensor(Float64Array.from(values.data), { shape: values.shape, dtype });
}

/** Every pair within `tolerance`, relative to the larger of the numbers and 1. */
export function assertClose(
  actual: Tensor | readonly number[],
  expected: readonly number[],
  tolerance: number,
  what = "",
): void {
  const numbers = actual instanceof Tensor ? actual.toNumbers() : actual;
  assert.equal(numbers.length, expected.length, `${what}: length`);
  for (const [i, value] of numbers.entries()) {
    const wished = expected[i] as number;
    const scale = Math.max(1, Math.abs(value), Math.abs(wished));
    // Written so that NaN fails.
    if (!(Math.abs(value - wished) <= tolerance * scale))
      assert.fail(`${what}[${i}]: ${value}, expected ${wished}`);
  }
}

/**
 * Compares grad() of a function to one number with central differences, in float64.
 * @param f must compute the same thing each time
 */
export function checkGradient(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  { step = 1e-6, tolerance = 1e-7 }: { step?: number; tolerance?: number } = {},
): void {
  const analytic = scope(() => {
    const leaves = inputs.map((input) => input.detach().requiresGrad_());
    return grad(f(...leaves), leaves).map((gradient) => gradient.toNumbers());
  });
  for (const [which, input] of inputs.entries()) {
    const base = input.toNumbers();
    const numeric = base.map((_, i) => {
      const at = (offset: number) =>
        scope(() => {
          const moved = Float64Array.from(base);
          moved[i] = (moved[i] as number) + offset;
          const changed = tensor(moved, { shape: input.shape });
          return f(...inputs.map((other, j) => (j === which ? changed : other.detach()))).item();
        });
      return (at(step) - at(-step)) / (2 * step);
    });
    assertClose(analytic[which] as number[], numeric, tolerance, `gradient of input ${which}`);
  }
}

/** Normal float64 numbers. */
export function normal(...shape: number[]): Tensor {
  return torch.randn(shape, { dtype: "float64" });
}
