import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/errors.js";
import { drawMixture, MemoryDataset, Random, sharedBytes } from "../data/index.js";
import { nearestReals } from "./nearest.js";

/** More than are compared at a time. */
const COUNT = 2500;
const data = sharedBytes(COUNT * 12);
const random = new Random(3);
for (let i = 0; i < data.length; i++) data[i] = random.integer(256);
const items = { data, record: 12, parts: 1, table: undefined };
const dataset = new MemoryDataset({ name: "noise", kind: "images", shape: [3, 2, 2], items });

test("the nearest of all images, and how far it is, as by comparing one by one", () => {
  const samples = Float32Array.from({ length: 5 * 12 }, (_, i) => Math.sin(i * 3.7));
  const expected = Array.from({ length: 5 }, (_, n) => {
    const distances = Array.from({ length: COUNT }, (_, j) => {
      let square = 0;
      for (let at = 0; at < 12; at++)
        square += (samples[12 * n + at]! - ((2 * data[12 * j + at]!) / 255 - 1)) ** 2;
      return Math.sqrt(square / 12);
    });
    const distance = Math.min(...distances);
    return { index: distances.indexOf(distance), distance };
  });
  const told: number[] = [];
  const found = nearestReals(dataset, samples, (done) => told.push(done));
  assert.deepEqual(
    found.map(({ index }) => index),
    expected.map(({ index }) => index),
  );
  for (const [i, { distance }] of found.entries())
    assert.ok(Math.abs(distance - expected[i]!.distance) < 1e-4, `${distance}, ${expected[i]!.distance}`);
  assert.deepEqual(told, [2048, 2500]);
});

test("an image of the data set is nearest to itself", () => {
  const own = Float32Array.from(data.subarray(2400 * 12, 2401 * 12), (byte) => (2 * byte) / 255 - 1);
  const [nearest] = nearestReals(dataset, own);
  assert.equal(nearest?.index, 2400);
  assert.ok(nearest.distance < 1e-3);
});

test("points, and samples of another shape, are refused", () => {
  const points = drawMixture("points", [{ mean: [0, 0], std: 1 }], 10, 1);
  assert.throws(() => nearestReals(points, new Float32Array(2)), UsageError);
  assert.throws(() => nearestReals(dataset, new Float32Array(13)), UsageError);
});
