import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeAnimation } from "./animation.js";
import type { Pixels } from "./pngGrid.js";
import { loadSharp } from "./sharp.js";

/** A frame of one colour, of 6 by 4 pixels. */
const frame = (...colour: number[]): Pixels => ({
  shape: [colour.length as 1 | 3, 4, 6],
  data: Uint8Array.from({ length: colour.length * 24 }, (_, i) => colour[Math.floor(i / 24)] as number),
});

for (const kind of ["gif", "webp"] as const)
  test(`${kind}: frames, their order, colours and times are read back`, async () => {
    const colours = [[255, 0, 0], [0, 0, 255], [128]];
    const bytes = await encodeAnimation(
      colours.map((colour) => frame(...colour)),
      kind,
      [50, 200, 1000],
    );
    const sharp = await loadSharp();
    const { pages, pageHeight, width, delay, loop, format } = await sharp(bytes, {
      animated: true,
    }).metadata();
    assert.deepEqual([format, pages, pageHeight, width, delay, loop], [kind, 3, 4, 6, [50, 200, 1000], 0]);
    for (const [page, colour] of colours.entries()) {
      const { data } = await sharp(bytes, { page }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const expected = colour.length === 1 ? [colour[0]!, colour[0]!, colour[0]!] : colour;
      for (const [i, value] of expected.entries())
        assert.ok(Math.abs(data[3 * 8 + i]! - value) <= 6, `${page}: ${[...data.subarray(24, 27)]}`);
    }
  });

test("no frames, frames of several sizes and too many are refused", async () => {
  await assert.rejects(encodeAnimation([], "gif", []), /there are none/);
  const other: Pixels = { shape: [1, 2, 2], data: new Uint8Array(4) };
  await assert.rejects(encodeAnimation([frame(1), other], "gif", [1, 1]), /not all of one size/);
  const large: Pixels = { shape: [1, 8192, 4096], data: new Uint8Array(8192 * 4096) };
  await assert.rejects(
    encodeAnimation([large, large, large], "webp", [1, 1, 1]),
    /3 frames of 4096x8192 pixels/,
  );
});
