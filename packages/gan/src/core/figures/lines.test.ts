import assert from "node:assert/strict";
import { test } from "node:test";
import { pngSize, svgToPng } from "@gantry/formats";
import { lines, logarithmicTicks, ticks } from "./lines.js";

test("ticks are round numbers within the range", () => {
  assert.deepEqual(ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0, 3000), [0, 1000, 2000, 3000]);
  assert.deepEqual(ticks(-0.3, 0.3), [-0.2, 0, 0.2]);
  assert.deepEqual(ticks(2, 2), [2]);
});

test("a line goes from corner to corner, breaks where it is not finite, and stays in the frame", () => {
  const svg = lines(
    [{ title: "a < b", lines: [{ label: "x", x: [0, 1, 2, 3], y: [0, Number.NaN, 0.5, 7] }] }],
    {
      width: 272,
      height: 176,
      range: [0, 1],
    },
  );
  // Inner frame: 200 by 100 at 58, 30.
  assert.ok(svg.includes('d="M58 130M191.33 80L258 30"'), svg);
  assert.ok(svg.includes("a &#60; b"));
});

test("plots side by side become a picture", async () => {
  const plot = { title: "t", lines: [0, 1].map((k) => ({ label: `mode ${k}`, x: [0, 1], y: [k, 0.5] })) };
  const svg = lines([plot, plot], { width: 200, height: 150, xLabel: "iterations", yLabel: "score" });
  const { width, height } = pngSize(await svgToPng(svg));
  assert.deepEqual([width, height], [482, 150]);
  await svgToPng(lines([]).replace('width="0"', 'width="1"'));
});

test("plots of different lines are named each; where the lines are the same, all once", () => {
  const line = (label: string) => ({ label, x: [0, 1], y: [0, 1] });
  const named = (plots: string[][]) => {
    const svg = lines(
      plots.map((labels) => ({ title: "", lines: labels.map(line) })),
      { width: 200 },
    );
    return [...svg.matchAll(/>([a-z]+)<\/text>/g)].map(([, label]) => label);
  };
  assert.deepEqual(named([["one", "two"], ["one", "two"], ["one"]]), ["one", "two"]);
  assert.deepEqual(named([["one"], ["one", "two"]]), ["one", "two"]);
  assert.deepEqual(named([["all", "single"], ["cat"]]), ["all", "single", "cat"]);
  assert.deepEqual(named([["one"], ["one"]]), []);
});

test("on logarithmic axes a power is a straight line, and what is not above 0 breaks it", () => {
  const line = { label: "x", x: [1, 2, 4, 8, 16], y: [1, 4, 0, 64, 256] };
  const svg = lines([{ title: "", lines: [line] }], { width: 272, height: 176, logarithmic: true });
  assert.ok(svg.includes('d="M58 130L108 105M208 55L258 30"'), svg);
  assert.deepEqual(logarithmicTicks(1, 16), [1, 2, 5, 10]);
  assert.deepEqual(logarithmicTicks(0.001, 1e5), [0.001, 0.01, 0.1, 1, 10, 100, 1000, 1e4, 1e5]);
});
