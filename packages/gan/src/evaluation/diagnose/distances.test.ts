import assert from "node:assert/strict";
import { test } from "node:test";
import { scope, torch } from "@gantry/torch";
import {
  copies,
  distancesBetween,
  energy,
  meanWithin,
  medianNearest,
  ownNearest,
  separation,
} from "./distances.js";

const rows = (...points: number[][]) => torch.tensor(points);
const near = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-4, `${actual} is not ${expected}`);

test("distances are Euclid's", () => {
  scope(() => {
    // Far from the origin, where products of matrices lose what is small.
    const { values } = distancesBetween(rows([1000, 1000], [1003, 1004]), rows([1000, 1000], [1000, 1012]));
    for (const [i, expected] of [0, 12, 5, Math.hypot(3, 8)].entries()) near(values[i]!, expected);
  });
});

test("means and nearest of three points on a line", () => {
  scope(() => {
    const line = rows([0], [1], [3]);
    const within = distancesBetween(line, line);
    near(meanWithin(within), 2);
    near(medianNearest(within), 1);
  });
});

test("the energy distance of points from a pair is by hand", () => {
  scope(() => {
    const [one, pair] = [rows([1], [1]), rows([0], [2])];
    const [within, between, reference] = [
      distancesBetween(one, one),
      distancesBetween(one, pair),
      distancesBetween(pair, pair),
    ];
    // 2 * 1 - 0 - 2, by 2: the middle of a pair is at no distance in the mean.
    near(energy(within, between, reference), 0);
    const far = rows([5], [5]);
    // 2 * 4 - 0 - 2, by 2.
    near(energy(within, distancesBetween(far, pair), reference), 3);
  });
});

test("neighbours are of their own side where sets lie apart, and never where each lies beside one of the other", () => {
  scope(() => {
    const of = (a: number[][], b: number[][]) => {
      const [x, y] = [rows(...a), rows(...b)];
      return ownNearest(distancesBetween(x, x), distancesBetween(x, y), distancesBetween(y, y));
    };
    assert.equal(of([[0], [1]], [[10], [11]]), 1);
    assert.equal(of([[0], [10]], [[1], [11]]), 0);
  });
});

test("copies are those near one row alone", () => {
  scope(() => {
    const training = rows([0], [10], [20]);
    assert.equal(copies(distancesBetween(rows([0.5], [5], [19]), training), 1 / 3), 2 / 3);
  });
});

test("separation is the area under the curve", () => {
  assert.equal(separation([3, 4], [1, 2]), 1);
  assert.equal(separation([1, 2], [3, 4]), 0);
  assert.equal(separation([1], [1]), 0.5);
  assert.equal(separation([1, 3], [2, 4]), 0.25);
});
