import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/errors.js";
import { openDataset } from "./index.js";

test("points of one's own are drawn around, each as often", async () => {
  const points = [
    [0, 0],
    [1, 0],
    [5, -2],
  ];
  const dataset = await openDataset({ name: "drawn", points, std: 0.01, count: 3000 });
  const all = Array.from({ length: dataset.count }, (_, i) => i);
  const read = dataset.read(all) as Float32Array;
  const labels = dataset.labels(all)!;
  const counts = [0, 0, 0];
  for (const i of all) {
    const [x = 0, y = 0] = points[labels[i]!]!;
    assert.ok(Math.hypot(read[2 * i]! - x, read[2 * i + 1]! - y) < 0.06);
    counts[labels[i]!]!++;
  }
  assert.ok(
    counts.every((count) => Math.abs(count - 1000) < 150),
    counts.join(),
  );
  await assert.rejects(openDataset({ name: "drawn", points: [[1]] }), UsageError);
  await assert.rejects(openDataset({ name: "drawn", points: [] }), UsageError);
});
