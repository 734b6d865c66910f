import assert from "node:assert/strict";
import { test } from "node:test";
import { histograms, shares } from "./histograms.js";

test("shares of numbers by bin, the last with its right end; what lies outside counts for the whole alone", () => {
  assert.deepEqual(shares([0, 0.5, 1, 1.5, 2, 9], [0, 2], 2), [2 / 6, 3 / 6]);
  assert.deepEqual(shares([], [0, 1], 2), [0, 0]);
});

test("a plot for each, bars as an outline", () => {
  const svg = histograms(
    [
      { title: "one", values: [1] },
      { title: "two", values: [3] },
    ],
    { range: [0, 4], bins: 4, width: 100, height: 100 },
  );
  assert.equal([...svg.matchAll(/<g transform/g)].length, 2);
  assert.match(svg, />one<.*>two</s);
  // From the left at the bottom; only the second bar of the first stands up.
  const outlines = [...svg.matchAll(/d="([^"]+)"[^>]*stroke-linejoin/g)].map((match) => match[1] ?? "");
  assert.equal(outlines.length, 2);
  // At the bottom, and at the height of the one bar that stands up.
  for (const outline of outlines)
    assert.equal(new Set([...outline.matchAll(/[ML]\S+ ([\d.]+)/g)].map((match) => match[1])).size, 2);
});
