import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { FormatError } from "./errors.js";
import { decodeImage } from "./images/decode.js";
import { type LmdbEntry, listLmdb } from "./lmdb.js";
import { formatError, golden, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";

async function list(path: string): Promise<LmdbEntry[]> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    const all: LmdbEntry[] = [];
    for await (const entry of listLmdb(handle, size, path)) all.push(entry);
    return all;
  } finally {
    await handle.close();
  }
}

const FILE = golden("bedroom_val_lmdb/data.mdb");

test("an LMDB that the library wrote: every key in order, values on their own pages too", async () => {
  const entries = await list(FILE);
  const bytes = await readFile(FILE);
  const names = entries.map(({ key }) => Buffer.from(key).toString());
  const hashes = Array.from({ length: 120 }, (_, i) => createHash("sha1").update(String(i)).digest("hex"));
  assert.deepEqual(names, [...hashes.sort(), "f".repeat(40)]);
  for (const [at, { offset, size }] of entries.entries()) {
    const { pixels, shape } = await decodeImage(bytes.subarray(offset, offset + size), names[at]!);
    assert.deepEqual(shape, [3, 64, 64]);
    if (at === 120) assert.ok(size > 4096 && new Set(pixels).size > 200);
    else {
      const grey = pixels[0]!;
      assert.equal(
        createHash("sha1")
          .update(String(grey / 2))
          .digest("hex"),
        names[at],
      );
      assert.ok(pixels.every((value) => value === grey));
    }
  }
});

test("what is no LMDB, or a damaged one, is refused in one line", async () => {
  const folder = await temporaryFolder();
  const file = join(folder, "data.mdb");
  const whole = await readFile(FILE);
  for (const [bytes, message] of [
    [Buffer.from("hello"), /is not an LMDB file/],
    [Buffer.alloc(10_000), /is not an LMDB file/],
    [whole.subarray(0, 8192), /is not a sound LMDB file/],
  ] as const) {
    await writeFile(file, bytes);
    await assert.rejects(list(file), formatError(message));
  }
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= flip;
      await writeFile(file, bytes);
      const found = await valueOrFormatError(() => list(file));
      assert.ok(Array.isArray(found) || found instanceof FormatError);
    }),
    { numRuns: 100 },
  );
});
