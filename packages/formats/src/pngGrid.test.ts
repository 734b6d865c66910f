import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { FormatError } from "./errors.js";
import { decodePng, encodePng, gridSize, layOutGrid, type Pixels, pngGrid, pngSize } from "./pngGrid.js";
import { loadSharp } from "./sharp.js";
import { formatError, valueOrFormatError } from "./testing/helpers.js";

const images = (count: fc.Arbitrary<number>): fc.Arbitrary<Pixels> =>
  fc
    .tuple(fc.constantFrom(1, 3), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), count)
    .chain(([channels, height, width, n]) => {
      const length = n * channels * height * width;
      return fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((data) => ({ shape: [channels, height, width] as const, data }));
    });

test("a PNG keeps every pixel", async () => {
  await fc.assert(
    fc.asyncProperty(images(fc.constant(1)), async (image) => {
      const read = await decodePng(await encodePng(image));
      assert.deepEqual(read.shape, [...image.shape]);
      assert.deepEqual(new Uint8Array(read.data), image.data);
    }),
    { numRuns: 25 },
  );
});

test("a grid of more pixels than a picture is read with is refused before it is laid out", async () => {
  const image: Pixels = { shape: [1, 1, 1], data: new Uint8Array(1) };
  assert.deepEqual(gridSize(10, [1, 4, 6], { columns: 5, padding: 1, scale: 2 }), [22, 72]);
  assert.throws(
    () => layOutGrid(image, { padding: 1024, scale: 64 }),
    formatError(/a grid of 1 images? is 131136x131136 pixels; the limit is 67108864/),
  );
  assert.throws(() => gridSize(1e8, [3, 32, 32]), FormatError);
});

test("the header says size and channels, as libpng reads them", async () => {
  const sharp = await loadSharp();
  for (const channels of [1, 3] as const) {
    const encoded = await encodePng({ shape: [channels, 2, 3], data: new Uint8Array(channels * 6) });
    assert.deepEqual(pngSize(encoded), { width: 3, height: 2, channels });
    assert.equal((await sharp(encoded).metadata()).channels, channels);
  }
  const raw = Buffer.alloc(4 * 6, 100);
  const alpha = await sharp(raw, { raw: { width: 3, height: 2, channels: 4 } })
    .png()
    .toBuffer();
  assert.equal(pngSize(alpha).channels, 4);
  const palette = await sharp(raw, { raw: { width: 3, height: 2, channels: 4 } })
    .png({ palette: true })
    .toBuffer();
  assert.equal(pngSize(palette).channels, 3);
  assert.throws(() => pngSize(png(9)), FormatError);
  assert.throws(() => pngSize(new Uint8Array(10)), FormatError);
});

/** A header of an unknown colour type. */
function png(type: number): Uint8Array {
  const bytes = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...new Array(30).fill(0)]);
  bytes[25] = type;
  return bytes;
}

test("every image can be cut out of the grid again", async () => {
  const layouts = fc.record({
    columns: fc.integer({ min: 1, max: 4 }),
    padding: fc.integer({ min: 0, max: 3 }),
    scale: fc.integer({ min: 1, max: 3 }),
    background: fc.integer({ min: 0, max: 255 }),
  });
  await fc.assert(
    fc.asyncProperty(images(fc.integer({ min: 1, max: 7 })), layouts, async (set, layout) => {
      const [channels, height, width] = set.shape;
      const size = channels * height * width;
      const grid = await decodePng(await pngGrid(set, layout));
      const { columns, padding, scale } = layout;
      for (let index = 0; index < set.data.length / size; index++) {
        for (let channel = 0; channel < channels; channel++) {
          for (let y = 0; y < height * scale; y++) {
            for (let x = 0; x < width * scale; x++) {
              const row = (padding + Math.floor(index / columns) * (height + padding)) * scale + y;
              const column = (padding + (index % columns) * (width + padding)) * scale + x;
              const got = grid.data[(channel * grid.shape[1] + row) * grid.shape[2] + column];
              const at = (channel * height + Math.floor(y / scale)) * width + Math.floor(x / scale);
              assert.equal(got, set.data[index * size + at]);
            }
          }
        }
      }
    }),
    { numRuns: 25 },
  );
});

test("the layout is a square, padded by 2, on black", () => {
  const grid = layOutGrid({ shape: [1, 1, 1], data: Uint8Array.of(9, 9, 9, 9, 9) });
  assert.deepEqual(grid.shape, [1, 8, 11]); // 2 rows, 3 columns
  assert.equal(grid.data.filter((value) => value === 9).length, 5);
  assert.equal(grid.data[2 * 11 + 2], 9);
  assert.equal(grid.data[5 * 11 + 5], 9);
  assert.equal(grid.data[5 * 11 + 8], 0); // the empty sixth place
});

test("the same images give the same bytes", async () => {
  const set: Pixels = { shape: [3, 4, 4], data: Uint8Array.from({ length: 480 }, (_, index) => index) };
  assert.deepEqual(await pngGrid(set), await pngGrid(set));
});

test("images and layouts that make no sense are FormatErrors", async () => {
  const one = Uint8Array.of(1);
  assert.throws(() => layOutGrid({ shape: [2, 1, 1], data: one }), formatError(/2x1x1 is not the shape/));
  assert.throws(
    () => layOutGrid({ shape: [1, 1, 2], data: one }),
    formatError(/not a whole number of 1x1x2/),
  );
  assert.throws(
    () => layOutGrid({ shape: [1, 1, 1], data: new Uint8Array() }),
    formatError(/not a whole number/),
  );
  assert.throws(() => layOutGrid({ shape: [1, 1, 1], data: one }, { scale: 0 }), formatError(/grid's scale/));
  await assert.rejects(
    encodePng({ shape: [1, 2, 2], data: one }),
    formatError(/a length of 1 byte is not one 1x2x2 image/),
  );
});

test("a damaged PNG is a FormatError or an image, nothing else", async () => {
  const good = await encodePng({ shape: [3, 8, 8], data: new Uint8Array(192).fill(77) });
  await assert.rejects(decodePng(Uint8Array.of(1, 2, 3)), formatError(/not a PNG/));
  await assert.rejects(
    decodePng(good.subarray(0, 40), { file: "x.png" }),
    formatError(/x\.png: is a damaged PNG/),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const bytes = Uint8Array.from(good);
      bytes[at % bytes.length]! ^= flip;
      const read = await valueOrFormatError(() => decodePng(bytes));
      if (!(read instanceof FormatError)) assert.ok(read.shape[0] === 1 || read.shape[0] === 3);
    }),
    { numRuns: 40 },
  );
});

test("a PNG that claims more pixels than its bytes can hold is refused before it is decoded", async () => {
  const claim = async (width: number, height: number, bytes = 0) => {
    const good = await encodePng({ shape: [1, 1, 1], data: new Uint8Array(1) });
    const file = Buffer.concat([good, Buffer.alloc(bytes)]);
    file.writeUInt32BE(width, 16);
    file.writeUInt32BE(height, 20);
    // The header's own checksum: of its name and its 13 bytes.
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
    return file;
  };
  await assert.rejects(
    decodePng(await claim(16383, 16383), { file: "x.png" }),
    formatError(/x\.png: claims 16383x16383 pixels in 67 bytes, which is impossible/),
  );
  await assert.rejects(
    decodePng(await claim(9000, 9000, 100_000)),
    formatError(/has 9000x9000 pixels; the limit is 67108864: scale it down first/),
  );
});
