import assert from "node:assert/strict";
import { test } from "node:test";
import { pngSize, svgToPng } from "@gantry/formats";
import { tradeOffPicture } from "./tradeOff.js";

test("points lie where they are on axes of their own, joined in their order, and what is not finite is left out", async () => {
  const plot = {
    xLabel: "is[a<b]",
    yLabel: "fid",
    x: [0, 10, 5, Number.NaN],
    y: [0, 100, 0, 3],
    labels: ["0.5", "1", "none", "x"],
  };
  const svg = tradeOffPicture([plot, { ...plot, x: [2, 2], y: [7, 7] }]);
  // 312 by 274 at 64, 20, with 12 of 124 parts free on each side.
  const [left, right] = [64 + (312 * 12) / 124, 64 + (312 * 112) / 124].map(
    (at) => Math.round(at * 100) / 100,
  );
  const [top, bottom] = [20 + (274 * 12) / 124, 20 + (274 * 112) / 124].map(
    (at) => Math.round(at * 100) / 100,
  );
  assert.ok(svg.includes(`d="M${left} ${bottom}L${right} ${top}L220 ${bottom}"`), svg);
  assert.ok(svg.includes(">none<") && !svg.includes(">x<"));
  assert.ok(svg.includes("is[a&#60;b]"));
  assert.doesNotMatch(svg, /NaN|Infinity/);
  const { width, height } = pngSize(await svgToPng(svg));
  assert.deepEqual([width, height], [800, 340]);
});
