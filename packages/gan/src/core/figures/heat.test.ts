import assert from "node:assert/strict";
import { test } from "node:test";
import { countPoints, heat } from "./heat.js";

const rectangles = (svg: string) =>
  [...svg.matchAll(/<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)" fill="([^"]+)"/g)].map(
    (match) => match.slice(1, 6),
  );

test("the first colour for the least, the last for the greatest, neighbours of one colour as one", () => {
  assert.deepEqual(
    rectangles(
      heat(
        [
          [0, 0],
          [1, Number.NaN],
        ],
        { size: 10 },
      ),
    ),
    [
      ["0", "0", "10", "5", "rgb(13,8,60)"],
      ["0", "5", "5", "5", "rgb(252,255,190)"],
      ["5", "5", "5", "5", "#ffffff"],
    ],
  );
  // Beyond the range nothing changes; where all is one value there is one colour.
  assert.deepEqual(
    rectangles(heat([[-5, 9]], { size: 2, range: [0, 1] })).map((rectangle) => rectangle[4]),
    ["rgb(13,8,60)", "rgb(252,255,190)"],
  );
  assert.equal(rectangles(heat([[3, 3]], { size: 2 })).length, 1);
});

test("points are counted by field, y upwards; what lies outside is left out", () => {
  assert.deepEqual(countPoints([-0.5, 0.5, -0.9, 0.1, 0.5, -0.5, 3, 0, 0, -3], 1, 2), [
    [2, 0],
    [0, 1],
  ]);
});
