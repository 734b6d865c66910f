import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, setThreads } from "@gantry/torch";
import fc from "fast-check";
import { UsageError } from "../../core/base/errors.js";
import { formula } from "../../testing/tables.js";
import { Moments } from "./moments.js";

setThreads(1);

function assertSame(a: Moments, b: Moments, tolerance: number): void {
  assert.equal(a.count, b.count);
  for (const [i, value] of a.mean.entries()) assert.ok(Math.abs(value - b.mean[i]!) <= tolerance);
  for (const [i, value] of a.scatter.entries())
    assert.ok(Math.abs(value - b.scatter[i]!) <= tolerance * a.count);
}

test("any split, order and merging of the rows gives the same moments", () => {
  const table = formula(60, 7, 3, 2, 100);
  const whole = Moments.of(table);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }),
      fc.boolean(),
      (cuts, merging) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), 60];
        const pieces = edges.slice(1).map((end, i) => table.read(edges[i]!, end));
        const total = new Moments(7);
        for (const piece of merging ? pieces.reverse() : pieces) {
          if (!merging) total.add(piece);
          else {
            const part = new Moments(7);
            part.add(piece);
            total.merge(part);
          }
        }
        assertSame(total, whole, 1e-10);
      },
    ),
    { numRuns: 50 },
  );
});

test("the covariance is numpy.cov's, also when it is computed in tiles", () => {
  const columns = 1100;
  const table = formula(5, columns, 1);
  const covariance = Moments.of(table).covariance();
  const got = covariance.toTypedArray() as Float64Array;
  covariance.dispose();
  const at = (row: number, column: number): number => table.read(row, row + 1)[column]!;
  const mean = (column: number): number => [0, 1, 2, 3, 4].reduce((sum, row) => sum + at(row, column) / 5, 0);
  for (const [i, j] of [
    [0, 0],
    [3, 700],
    [700, 3],
    [1099, 1030],
    [1030, 1099],
    [511, 512],
    [512, 511],
  ] as const) {
    const wished = [0, 1, 2, 3, 4].reduce(
      (sum, row) => sum + ((at(row, i) - mean(i)) * (at(row, j) - mean(j))) / 4,
      0,
    );
    assert.ok(Math.abs(got[i * columns + j]! - wished) < 1e-12, `${i},${j}`);
  }
});

test("moments can be saved and read back, and one sample has covariance 0", () => {
  const moments = Moments.of(formula(4, 3, 1));
  assertSame(Moments.from(moments.count, moments.mean, moments.scatter), moments, 0);
  const single = Moments.of(formula(1, 3, 1)).covariance();
  assert.deepEqual(new Set(single.toNumbers()), new Set([0]));
  single.dispose();
});

test("refuses what is not finite, and keeps no tensors", () => {
  const before = liveTensors().count;
  const moments = new Moments(2);
  assert.throws(() => moments.add(Float32Array.of(1, Number.NaN)), UsageError);
  assert.equal(moments.count, 0);
  moments.add(new Float32Array(0));
  moments.add(Float32Array.of(1, 2));
  assert.equal(liveTensors().count, before);
});
