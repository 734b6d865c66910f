import assert from "node:assert/strict";
import { test } from "node:test";
import { cross, differenceInterval, intervalOf, studentCumulative, studentQuantile } from "./intervals.js";
import { spread } from "./statistics.js";

const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-10 * Math.max(1, Math.abs(expected)), `${actual}, ${expected}`);

test("Student's quantiles are the closed forms of 1, 2 and 4 degrees of freedom", () => {
  for (const share of [0.6, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9999]) {
    near(studentQuantile(share, 1), Math.tan(Math.PI * (share - 0.5)));
    near(studentQuantile(share, 2), (2 * share - 1) / Math.sqrt(2 * share * (1 - share)));
    const root = Math.sqrt(4 * share * (1 - share));
    near(studentQuantile(share, 4), 2 * Math.sqrt(Math.cos(Math.acos(root) / 3) / root - 1));
    near(studentQuantile(1 - share, 4), -studentQuantile(share, 4));
  }
  assert.equal(studentQuantile(0.5, 3), studentQuantile(0.5, 8));
  assert.ok(Number.isNaN(studentQuantile(1, 3)));
});

test("its density, from differences of the cumulative, is Student's for odd and even degrees", () => {
  // Gamma((n + 1) / 2) / (sqrt(n pi) Gamma(n / 2)), for n = 3, 5 and 6.
  const factors = new Map([
    [3, 2 / (Math.PI * Math.sqrt(3))],
    [5, 8 / (3 * Math.PI * Math.sqrt(5))],
    [6, 15 / (16 * Math.sqrt(6))],
  ]);
  for (const [degrees, factor] of factors)
    for (const t of [-2, 0, 0.7, 3]) {
      const density = factor * (1 + t ** 2 / degrees) ** (-(degrees + 1) / 2);
      const slope = (studentCumulative(t + 1e-5, degrees) - studentCumulative(t - 1e-5, degrees)) / 2e-5;
      assert.ok(Math.abs(slope - density) < 1e-8, `${degrees} degrees at ${t}: ${slope}, ${density}`);
    }
});

test("intervals of a mean: none of one value, no width without spread, else Student's", () => {
  assert.equal(intervalOf(spread([4])), undefined);
  assert.equal(intervalOf(spread([Number.NaN, 1])), undefined);
  assert.deepEqual(intervalOf(spread([8, 8, 8])), [8, 8]);
  // Two values 1 apart: a deviation of 1/sqrt(2), an error of 1/2, and tan(0.475 pi) of it.
  const [low, high] = intervalOf(spread([1, 2])) as readonly [number, number];
  near(high - 1.5, Math.tan(0.475 * Math.PI) / 2);
  near(1.5 - low, Math.tan(0.475 * Math.PI) / 2);
});

test("quantiles of broken degrees, and Welch's intervals, are SciPy's", () => {
  // scipy.stats.t.ppf, and scipy.stats.ttest_ind(a, b, equal_var=False).confidence_interval, SciPy 1.17.1.
  near(studentQuantile(0.975, 2.5), 3.5746548420036817);
  near(studentQuantile(0.99, 3.7), 3.9205078192085483);
  near(studentQuantile(0.975, 31.2), 2.0389836847373126);
  near(studentCumulative(-2.2, 2.5), 0.06645699270983456);
  const [a, b] = [spread([1.2, 1.9, 1.4]), spread([2.8, 2.1, 2.5])];
  const [low, high] = differenceInterval(a, b) as readonly [number, number];
  near(low, -1.7737033115952006);
  near(high, -0.159630021738133);
  const [wideLow, wideHigh] = differenceInterval(a, b, 0.99) as readonly [number, number];
  near(wideLow, -2.3052185165054446);
  near(wideHigh, 0.37188518317211083);
  near(differenceInterval(spread([3, 4.5, 9, 1]), spread([2, 2.1, 1.9]))![1], 7.781824005616833);
  assert.deepEqual(differenceInterval(spread([3, 3]), spread([1, 1])), [2, 2]);
  assert.equal(differenceInterval(spread([3]), spread([1, 1])), undefined);
});

test("intervals that touch cross", () => {
  assert.ok(cross([0, 1], [1, 2]) && cross([0, 9], [3, 4]) && cross([3, 4], [0, 9]));
  assert.ok(!cross([0, 1], [1.5, 2]) && !cross([1.5, 2], [0, 1]));
});
