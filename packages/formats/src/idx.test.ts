import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { FormatError } from "./errors.js";
import { encodeIdx, type IdxArray, parseIdx, readIdx } from "./idx.js";
import { formatError, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";

const arrays: fc.Arbitrary<IdxArray> = fc
  .array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return fc.uint8Array({ minLength: size, maxLength: size }).map((data) => ({ shape, data }));
  });

/** Header of an IDX file: type byte, then sizes. */
function header(type: number, ...shape: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((length, axis) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * axis, length);
  });
  return bytes;
}

test("IDX arrays survive a round trip, plain and gzip", () => {
  fc.assert(
    fc.property(arrays, fc.boolean(), (array, gzip) => {
      const read = parseIdx(encodeIdx(array, { gzip }));
      assert.deepEqual(read.shape, array.shape);
      assert.deepEqual(new Uint8Array(read.data), array.data);
    }),
  );
});

test("an IDX file cut anywhere, or longer than it says, is a FormatError", () => {
  fc.assert(
    fc.property(arrays, fc.boolean(), fc.nat(), (array, gzip, cut) => {
      const bytes = encodeIdx(array, { gzip });
      assert.throws(() => parseIdx(bytes.subarray(0, cut % bytes.length)), FormatError);
      if (!gzip) assert.throws(() => parseIdx(Uint8Array.of(...bytes, 0)), FormatError);
    }),
  );
});

test("a flipped byte gives a value or a FormatError, nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(
      arrays,
      fc.boolean(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (array, gzip, at, flip) => {
        const bytes = Uint8Array.from(encodeIdx(array, { gzip }));
        bytes[at % bytes.length]! ^= flip;
        await valueOrFormatError(() => parseIdx(bytes, { maxBytes: 1 << 20 }));
      },
    ),
  );
});

test("noise is a value or a FormatError", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), async (bytes) => {
      await valueOrFormatError(() => parseIdx(bytes));
    }),
  );
});

test("IDX problems are named", () => {
  assert.throws(() => parseIdx(header(0x0d, 1)), formatError(/IDX file of float32; only IDX files of uint8/));
  assert.throws(
    () => parseIdx(header(0x07, 1)),
    formatError(/not an IDX file \(it starts with 0x00000701\)/),
  );
  assert.throws(() => parseIdx(new Uint8Array()), formatError(/too short/));
  assert.throws(
    () => parseIdx(header(8, 3), { dimensions: 3 }),
    formatError(/has 1 dimensions, where 3 were/),
  );
  assert.throws(() => parseIdx(header(8)), formatError(/has 0 dimensions/));
  assert.throws(() => parseIdx(header(8, 3)), formatError(/cut short: the header says 3 bytes, 0 follow/));
  // Multiplied in 32 or in 53 bits these would look like small arrays.
  assert.throws(() => parseIdx(header(8, 65536, 65536)), formatError(/cut short/));
  const absurd = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];
  assert.throws(() => parseIdx(header(8, ...absurd)), formatError(/cut short/));
  const bomb = gzipSync(new Uint8Array(1 << 20));
  assert.throws(() => parseIdx(bomb, { maxBytes: 1000 }), formatError(/unpacks to more than 1,000 bytes/));
});

test("readIdx reads a file, and names it in its errors", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "labels.gz");
  await writeFile(file, encodeIdx({ shape: [3], data: Uint8Array.of(7, 8, 9) }, { gzip: true }));
  assert.deepEqual([...(await readIdx(file, { dimensions: 1 })).data], [7, 8, 9]);
  await writeFile(file, Uint8Array.of(0x1f, 0x8b, 8, 0, 0));
  await assert.rejects(readIdx(file), formatError(/labels\.gz: is damaged gzip/));
  await assert.rejects(readIdx(join(folder, "none")), formatError(/none: .*no such file/));
  await assert.rejects(readIdx(folder), formatError(/is a folder/));
});

test("encodeIdx refuses what IDX cannot hold", () => {
  assert.throws(
    () => encodeIdx({ shape: [2], data: new Uint8Array(3) }),
    formatError(/does not match 3 bytes/),
  );
  assert.throws(
    () => encodeIdx({ shape: [], data: new Uint8Array(1) }),
    formatError(/cannot hold the shape/),
  );
  assert.throws(
    () => encodeIdx({ shape: [-1], data: new Uint8Array(1) }),
    formatError(/cannot hold the shape/),
  );
});

test("a gzip file that unpacks to far more than it has is refused before it does", () => {
  const bomb = gzipSync(Buffer.alloc(310 * 1024 * 1024), { level: 1 });
  assert.throws(() => parseIdx(bomb), formatError(/unpacks to more than [\d,]+ bytes/));
});
