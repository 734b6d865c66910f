import assert from "node:assert/strict";
import { test } from "node:test";
import { pngSize, svgToPng } from "@gantry/formats";
import { lines, ticks } from "./lines.js";

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
  assert.deepEqual(pngSize(await svgToPng(svg)), { width: 482, height: 150 });
  await svgToPng(lines([]).replace('width="0"', 'width="1"'));
});
