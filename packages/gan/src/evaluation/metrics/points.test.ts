import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import { tableSamples } from "../../testing/tables.js";
import pointsMetric, { scorePoints } from "./points.js";
import { MemoryTable } from "./table.js";

const ring = Array.from({ length: 8 }, (_, i) => ({
  mean: [Math.cos((i * Math.PI) / 4), Math.sin((i * Math.PI) / 4)],
  std: 0.01,
}));

function draw(count: number, modes: typeof ring, seed = 1): Float32Array {
  const random = new Random(seed);
  const points = new Float32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const { mean, std } = modes[random.integer(modes.length)]!;
    points[2 * i] = mean[0]! + std * random.gaussian();
    points[2 * i + 1] = mean[1]! + std * random.gaussian();
  }
  return points;
}

test("exact samples are 98.89 % high quality and cover every mode evenly", () => {
  const count = 200_000;
  const scores = scorePoints(draw(count, ring), ring);
  const exact = 1 - Math.exp(-4.5);
  // Five standard errors.
  assert.ok(Math.abs(scores.highQuality - exact) < 5 * Math.sqrt((exact * (1 - exact)) / count));
  assert.equal(scores.modesCovered, 8);
  assert.equal(scores.modesTotal, 8);
  assert.equal(scores.samples, count);
  assert.ok(scores.reverseKl < 1e-3);
  assert.equal(
    scores.counts.reduce((a, b) => a + b),
    Math.round(scores.highQuality * count),
  );
});

test("collapse is counted: one mode of eight is log 8 away from uniform, two are log 4", () => {
  const one = scorePoints(draw(1000, ring.slice(0, 1)), ring);
  assert.equal(one.modesCovered, 1);
  assert.equal(one.reverseKl, Math.log(8));
  const even = scorePoints([1, 0, -1, 0], ring);
  assert.deepEqual(even.counts, [1, 0, 0, 0, 1, 0, 0, 0]);
  assert.ok(Math.abs(even.reverseKl - Math.log(4)) < 1e-12);
});

test("the threshold is in standard deviations, strict, and an option", () => {
  const modes = [{ mean: [0, 0], std: 2 }];
  assert.equal(scorePoints([6, 0], modes).highQuality, 0);
  assert.equal(scorePoints([5.999, 0], modes).highQuality, 1);
  assert.equal(scorePoints([6, 0], modes, { threshold: 10 }).highQuality, 1);
});

test("the nearest mode is the one fewest of its own standard deviations away", () => {
  const modes = [
    { mean: [0], std: 1 },
    { mean: [10], std: 4 },
  ];
  assert.deepEqual(scorePoints([2.5], modes).counts, [0, 1]);
});

test("points far from every mode are told from bad ones: the scales differ", async () => {
  // The same ring, twice as large: a perfect G of another radius.
  const twice = ring.map(({ mean, std }) => ({ mean: mean.map((value) => 2 * value), std }));
  const points = draw(500, twice);
  assert.equal(scorePoints(points, ring).near, false);
  // Ten standard deviations exactly, and just beyond.
  assert.equal(scorePoints([10, 0], [{ mean: [0, 0], std: 1 }]).near, true);
  assert.equal(scorePoints([10.001, 0], [{ mean: [0, 0], std: 1 }]).near, false);
  assert.equal(scorePoints([Number.NaN, 0], ring).near, false);
  const metric = (modes: typeof ring, judged = points, isOwnData = false) =>
    pointsMetric.score(
      { threshold: 3 },
      {
        fake: { ...tableSamples(new MemoryTable(judged, 2)), points: judged },
        real: { ...tableSamples(new MemoryTable(judged, 2)), modes },
        isOwnData,
      },
    );
  for (const { note } of await metric(ring)) assert.match(note ?? "", /the scales differ/);
  for (const { note } of await metric(twice)) assert.equal(note, undefined);
  // What a run makes of its own data's scale is bad, and not of another one.
  for (const { note } of await metric(ring, points, true)) assert.equal(note, undefined);
  // Half way between the modes, and as far out as they are: bad points of the same scale.
  const between = Float32Array.from(
    ring.flatMap((_, i) => [Math.cos((i + 0.5) * (Math.PI / 4)), Math.sin((i + 0.5) * (Math.PI / 4))]),
  );
  assert.equal(scorePoints(between, ring).near, false);
  for (const { note } of await metric(ring, between)) assert.equal(note, undefined);
  // Two points at distance 1 and 3 of modes at distance 2: sqrt(5) to 2, and to sqrt(4 + 2 / 4) with their deviation.
  const pair = [-2, 2].map((x) => ({ mean: [x, 0], std: 0.5 }));
  assert.ok(Math.abs(scorePoints([1, 0, 0, 3], pair).spread - Math.sqrt(5 / 4.5)) < 1e-12);
});

test("garbage samples count as bad, never as NaN", () => {
  const scores = scorePoints([Number.NaN, 0, Number.POSITIVE_INFINITY, 0, 100, 100], ring);
  assert.equal(scores.highQuality, 0);
  assert.equal(scores.modesCovered, 0);
  assert.equal(scores.reverseKl, Math.log(8));
});

test("refuses what cannot be judged", () => {
  assert.throws(() => scorePoints([], ring), UsageError);
  assert.throws(() => scorePoints([1, 2, 3], ring), UsageError);
  assert.throws(() => scorePoints([1, 2], []), UsageError);
  assert.throws(() => scorePoints([1, 2], [{ mean: [0, 0], std: 0 }]), UsageError);
});
