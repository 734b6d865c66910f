// What the tests of networks share: the values that golden/nets/make_golden.py fills networks with, and its summaries.
import assert from "node:assert/strict";
import { type nn, noGrad, type Tensor, torch } from "@gantry/torch";

/** Numbers in [-0.5, 0.5) that depend on the name alone. */
export function pattern(name: string, shape: readonly number[]): Float64Array {
  let key = 0;
  for (const character of name) key = (key * 31 + character.charCodeAt(0)) % 10007;
  const count = shape.reduce((a, b) => a * b, 1);
  return Float64Array.from(
    { length: count },
    (_, i) => ((i * i * 31 + i * 7919 + key * 104729) % 10007) / 10007 - 0.5,
  );
}

/** An input or a cotangent: pattern times `scale`, float64. */
export function patternTensor(name: string, shape: readonly number[], scale = 1): Tensor {
  return torch.tensor(
    pattern(name, shape).map((v) => v * scale),
    { shape },
  );
}

/** `fill` of make_golden.py. */
function valuesFor(name: string, shape: readonly number[]): Float64Array {
  const v = pattern(name, shape);
  if (name.endsWith("num_batches_tracked")) return v.fill(0);
  if (name.endsWith("weight_u") || name.endsWith("weight_v")) {
    const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    return v.map((x) => x / norm);
  }
  if (name.endsWith("running_var") || (name.includes("norm") && name.endsWith("embedding.weight")))
    return v.map((x) => 1 + x);
  if (name.endsWith("running_mean")) return v;
  if (shape.length === 1) return v.map((x) => (name.endsWith("weight") ? 1 + x : 0.2 * x));
  const scale = Math.sqrt(12 / (v.length / (shape[0] ?? 1)));
  return v.map((x) => x * scale);
}

/** Converts a network to float64, or whatever is asked for, and fills everything in it. */
export function fillNetwork<T extends nn.Module>(network: T, dtype: "float32" | "float64" = "float64"): T {
  network.to({ dtype });
  noGrad(() => {
    for (const [name, tensor] of network.stateDict())
      tensor.copy_(torch.tensor(valuesFor(name, tensor.shape), { shape: tensor.shape }));
  });
  return network;
}

/** Sum against the pattern, and sum of squares. */
export function summary(name: string, tensor: Tensor): [number, number] {
  const against = pattern(name, tensor.shape);
  let dot = 0;
  let square = 0;
  for (const [i, value] of tensor.toNumbers().entries()) {
    dot += value * (against[i] as number);
    square += value * value;
  }
  return [dot, square];
}

/** Pairs within `tolerance`, relative to the larger of the numbers and 1. */
export function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  for (const [i, value] of actual.entries()) {
    const wished = expected[i] as number;
    const scale = Math.max(1, Math.abs(value), Math.abs(wished));
    // Written so that NaN fails.
    if (!(Math.abs(value - wished) <= tolerance * scale))
      assert.fail(`${what}[${i}]: ${value}, expected ${wished}`);
  }
}

/**
 * Compares a gradient to central differences in float64.
 * @param f must compute the same thing each time
 */
export function assertGradient(
  f: () => number,
  tensor: Tensor,
  gradient: Tensor,
  what: string,
  tolerance = 1e-6,
): void {
  const base = Float64Array.from(tensor.toNumbers());
  const analytic = gradient.toNumbers();
  const write = (values: Float64Array) =>
    noGrad(() => tensor.copy_(torch.tensor(values, { shape: tensor.shape })));
  const step = 1e-5;
  const at = (i: number, offset: number) => {
    const moved = Float64Array.from(base);
    moved[i] = (moved[i] as number) + offset;
    write(moved);
    return f();
  };
  const numeric = Array.from(base, (_, i) => (at(i, step) - at(i, -step)) / (2 * step));
  write(base);
  assertClose(analytic, numeric, tolerance, what);
}
