import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type CifarRecords, type CifarVariant, encodeCifar, parseCifar, readCifar } from "./cifar.js";
import { FormatError } from "./errors.js";
import { formatError, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";

const PIXELS = 3072;

function records(variant: CifarVariant, labels: number[], seed: number): CifarRecords {
  const images = Uint8Array.from({ length: labels.length * PIXELS }, (_, index) => (index * 31 + seed) & 255);
  const coarse = variant === "cifar100" ? Uint8Array.from(labels, (label) => label % 20) : undefined;
  return { count: labels.length, images, labels: Uint8Array.from(labels), coarse };
}

const sets = fc
  .constantFrom<CifarVariant>("cifar10", "cifar100")
  .chain((variant) =>
    fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: variant === "cifar10" ? 9 : 99 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
      )
      .map(([labels, seed]) => ({ variant, set: records(variant, labels, seed) })),
  );

test("CIFAR records survive a round trip", () => {
  fc.assert(
    fc.property(sets, ({ variant, set }) => {
      assert.deepEqual(parseCifar(encodeCifar(set), variant), set);
    }),
    { numRuns: 30 },
  );
});

test("a CIFAR file cut inside a record is a FormatError", () => {
  fc.assert(
    fc.property(sets, fc.nat(), ({ variant, set }, cut) => {
      const bytes = encodeCifar(set);
      const record = bytes.length / set.count;
      const length = cut % bytes.length;
      const read = () => parseCifar(bytes.subarray(0, length), variant);
      if (length > 0 && length % record === 0) assert.equal(read().count, length / record);
      else assert.throws(read, FormatError);
    }),
    { numRuns: 50 },
  );
});

test("a flipped byte gives records or a FormatError, nothing else", async () => {
  await fc.assert(
    fc.asyncProperty(sets, fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ variant, set }, at, flip) => {
      const bytes = encodeCifar(set);
      bytes[at % bytes.length]! ^= flip;
      await valueOrFormatError(() => parseCifar(bytes, variant));
    }),
    { numRuns: 50 },
  );
});

test("CIFAR problems are named", async () => {
  const good = encodeCifar(records("cifar10", [1, 2], 0));
  assert.throws(
    () => parseCifar(new Uint8Array(), "cifar10"),
    formatError(/a length of 0 bytes is not a whole number/),
  );
  assert.throws(() => parseCifar(good, "cifar100"), formatError(/CIFAR-100 records of 3074 bytes/));
  good[3073] = 10;
  assert.throws(() => parseCifar(good, "cifar10"), formatError(/record 1 has the label 10, outside 0\.\.9/));
  const fine = encodeCifar(records("cifar100", [99], 0));
  fine[1] = 100;
  assert.throws(() => parseCifar(fine, "cifar100"), formatError(/record 0 has the fine label 100/));

  const file = join(await temporaryFolder(), "batch.bin");
  await writeFile(file, good.subarray(1));
  await assert.rejects(readCifar(file, "cifar10"), formatError(/batch\.bin: a length of 6,145 bytes is not/));
});
