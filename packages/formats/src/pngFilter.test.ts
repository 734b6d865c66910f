import assert from "node:assert/strict";
import { test } from "node:test";
import { filterRows } from "./pngFilter.js";
import { decodePng, encodePng, layOutGrid, type Pixels } from "./pngGrid.js";

test("each row takes the filter that leaves least: a flat one, a slope to the right, a repeated row", () => {
  const rows = [
    [7, 7, 7, 7],
    [10, 20, 30, 40],
    [10, 20, 30, 40],
  ];
  assert.deepEqual(
    [...filterRows(Uint8Array.from(rows.flat()), 4, 1)],
    // Left is 1, above is 2, Paeth's is 4: by it the first byte of a row, which has nothing to its left, is guessed by what is above.
    [1, 7, 0, 0, 0, 4, 3, 10, 10, 10, 2, 0, 0, 0, 0],
  );
});

for (const channels of [1, 3] as const)
  test(`${channels} channels: any picture is read back by libpng as it was, and a smooth one is small`, async () => {
    const [height, width] = [37, 29];
    const noise: Pixels = {
      shape: [channels, height, width],
      data: Uint8Array.from({ length: channels * height * width }, (_, i) => (i * i * 7919 + i * 31) % 256),
    };
    assert.deepEqual(await decodePng(await encodePng(noise)), noise);
    const smooth: Pixels = {
      shape: noise.shape,
      data: Uint8Array.from(noise.data, (_, i) =>
        Math.round(128 + 120 * Math.sin(i / 9) * Math.cos(i / 211)),
      ),
    };
    assert.deepEqual(await decodePng(await encodePng(smooth)), smooth);
    const [plain, large] = [
      await encodePng(noise),
      await encodePng(layOutGrid(noise, { scale: 2, padding: 0 })),
    ];
    assert.ok(large.length < 2.2 * plain.length, `${large.length} bytes of four times as many pixels`);
  });
