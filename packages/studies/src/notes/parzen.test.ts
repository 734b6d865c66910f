import assert from "node:assert/strict";
import { test } from "node:test";
import { smoke } from "../testing/smoke.js";
import study, { parzen } from "./parzen.js";

test("a Parzen window's likelihood in closed form: one window, and two of which one is far", () => {
  const size = 3;
  const gaussian = (square: number, width: number) =>
    -square / (2 * width * width) - (size / 2) * Math.log(2 * Math.PI * width * width);
  const image = Float32Array.of(0.5, 0, 1);
  const [one, other] = parzen(image, Float32Array.of(0, 0, 1), size, [0.1, 1]);
  assert.ok(Math.abs(one! - gaussian(0.25, 0.1)) < 1e-4);
  assert.ok(Math.abs(other! - gaussian(0.25, 1)) < 1e-5);
  // Half of the weight, and of the far one nothing to speak of.
  const [two] = parzen(image, Float32Array.of(0, 0, 1, 30, 30, 30), size, [0.1]);
  assert.ok(Math.abs(two! - gaussian(0.25, 0.1) + Math.LN2) < 1e-3);
  // A mean over images.
  const [both] = parzen(Float32Array.of(...image, 0, 0, 1), Float32Array.of(0, 0, 1), size, [1]);
  assert.ok(Math.abs(both! - (gaussian(0.25, 1) + gaussian(0, 1)) / 2) < 1e-5);
});

test(`${study.name}: two cells`, async () => {
  const small = { samples: 30, known: 60, tested: 20 };
  const cells = (await study.cells({ seeds: 1 })).map((cell) => ({
    ...cell,
    work: { ...cell.work, work: small },
  }));
  const cellsOf = async () => [cells.find(({ method }) => method === "centroids")!, cells[0]!];
  await smoke({ ...study, cells: cellsOf }, { seeds: 1 });
});
