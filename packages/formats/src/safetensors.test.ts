import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { toFloat32 } from "./dtype.js";
import { FormatError } from "./errors.js";
import { decodeSafetensors, encodeSafetensors, readSafetensors, writeSafetensors } from "./safetensors.js";
import {
  arrays,
  byName,
  formatError,
  golden,
  temporaryFolder,
  valueOrFormatError,
} from "./testing/helpers.js";

/** A file with this header, written as it stands, and so many bytes of data. */
function file(header: string, dataBytes: number): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const entry = (dtype: string, shape: string, begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

test("the bytes are those of the specification", () => {
  const data = Uint8Array.of(1, 0, 0, 0);
  const bytes = encodeSafetensors(
    new Map([
      ["b", { dtype: "uint8", shape: [], data: Uint8Array.of(9) }],
      ["1", { dtype: "int32", shape: [1], data }],
    ]),
    { z: "1", a: "é" },
  );
  const header = `{"__metadata__":{"a":"é","z":"1"},"1":${entry("I32", "[1]", 0, 4)},"b":${entry("U8", "[]", 4, 5)}}`;
  const length = Buffer.byteLength(header);
  const padding = " ".repeat((8 - (length % 8)) % 8);
  const expected = Buffer.concat([file(header + padding, 0), data, [9]].map((part) => Uint8Array.from(part)));
  assert.deepEqual(bytes, Uint8Array.from(expected));
});

test("the reference implementation's file is read, and written byte for byte", async () => {
  const path = golden("reference.safetensors");
  const { arrays, metadata } = await readSafetensors(path);
  assert.deepEqual(
    [...arrays].map(([name, array]) => [name, array.dtype, array.shape, ...toFloat32(array)]),
    [
      ["a", "int64", [], 5],
      ["b", "float32", [2], 1, 2],
      ["e", "float32", [0, 2]],
      ["h", "float16", [1, 1], 1],
      ["c", "uint8", [3], 1, 2, 3],
    ],
  );
  assert.deepEqual(metadata, { format: "np" });
  assert.ok((await readFile(path)).equals(encodeSafetensors(arrays, metadata)));
});

test("no arrays make a file of 16 bytes", () => {
  const bytes = encodeSafetensors(new Map());
  assert.equal(Buffer.from(bytes.subarray(8)).toString(), "{}      ");
  assert.deepEqual(decodeSafetensors(bytes), { arrays: new Map(), metadata: {} });
});

test("every defect is refused and named", () => {
  const cases: [string, Uint8Array, RegExp][] = [
    ["nothing", new Uint8Array(0), /x\.st: has 0 bytes, too few/],
    [
      "absurd header",
      Buffer.alloc(64, 0xff),
      /claims a header of 18446744073709551615 bytes; the limit is 100000000/,
    ],
    [
      "header beyond the end",
      file("{}", 0).subarray(0, 9),
      /claims a header of 2 bytes, and has 1; the file is cut/,
    ],
    ["empty header", file("", 0), /does not begin with \{/],
    ["leading space", file(" {}", 0), /does not begin with \{/],
    ["not JSON", file("{", 0), /header is not JSON/],
    ["not UTF-8", Buffer.from("0300000000000000ff7b7d", "hex"), /does not begin with/],
    ["bad UTF-8 inside", Buffer.from("05000000000000007b22ff227d", "hex"), /header is not JSON/],
    [
      "twice",
      file(`{"a":${entry("U8", "[0]", 0, 0)},"\\u0061":${entry("U8", "[1]", 0, 1)}}`, 1),
      /has "a" twice/,
    ],
    ["twice inside", file('{"__metadata__":{"k":"1","k":"2"}}', 0), /has "k" twice/],
    [
      "dtype",
      file(`{"a":${entry("F8_E8M0", "[1]", 0, 1)}}`, 1),
      /array "a" has dtype "F8_E8M0", which is none of F64/,
    ],
    [
      "a header that would fill the memory",
      file(`{"a":${"[".repeat(1_000_001)}`, 0),
      /has a header of 1,000,002 parts; the limit is 1000000/,
    ],
    ["no dtype", file('{"a":{}}', 0), /"a" has no dtype/],
    ["no object", file('{"a":3}', 0), /"a" is not described by an object/],
    ["negative extent", file(`{"a":${entry("U8", "[-1]", 0, 1)}}`, 1), /not a list of counts/],
    ["fraction", file(`{"a":${entry("U8", "[0.5]", 0, 1)}}`, 1), /not a list of counts/],
    ["negative offset", file(`{"a":${entry("U8", "[1]", -1, 0)}}`, 1), /data_offsets that are not counts/],
    [
      "three offsets",
      file('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}', 1),
      /not two data_offsets/,
    ],
    ["backwards", file(`{"a":${entry("U8", "[1]", 1, 0)}}`, 1), /ends before it begins/],
    [
      "wrong size",
      file(`{"a":${entry("F32", "[2]", 0, 4)}}`, 4),
      /"a": float32 of shape \[2\] takes 8 bytes, not 4/,
    ],
    ["overflow", file(`{"a":${entry("U8", "[4294967296,4294967296]", 0, 0)}}`, 0), /is not a shape/],
    [
      "out of range",
      file(`{"a":${entry("U8", "[4]", 0, 4)}}`, 3),
      /"a" ends at byte 4 of 3; the file is cut off/,
    ],
    ["hole", file(`{"a":${entry("U8", "[1]", 1, 2)}}`, 2), /no array has the 1 byte before "a"/],
    ["overlap", file(`{"a":${entry("U8", "[2]", 0, 2)},"b":${entry("U8", "[2]", 1, 3)}}`, 3), /"b" overlaps/],
    ["trailing", file(`{"a":${entry("U8", "[1]", 0, 1)}}`, 2), /has 1 byte after the last array/],
    ["metadata", file('{"__metadata__":{"a":1}}', 0), /__metadata__: "a" is not text/],
    ["metadata list", file('{"__metadata__":[]}', 0), /__metadata__ is not an object/],
  ];
  for (const [name, bytes, message] of cases) {
    assert.throws(() => decodeSafetensors(bytes, "x.st"), formatError(message), name);
  }
});

test("names that JavaScript treats specially are names like any other", () => {
  const array = { dtype: "uint8" as const, shape: [1], data: Uint8Array.of(1) };
  const all = new Map(["__proto__", "constructor", "2", "10", '"\\\n'].map((name) => [name, array]));
  const { arrays: back, metadata } = decodeSafetensors(encodeSafetensors(all, { constructor: "c" }));
  assert.deepEqual([...back.keys()].sort(), [...all.keys()].sort());
  assert.deepEqual({ ...metadata }, { constructor: "c" });
});

test("the writer refuses what no reader would accept", () => {
  const array = { dtype: "int32" as const, shape: [1], data: Uint8Array.of(1) };
  assert.throws(() => encodeSafetensors(new Map([["a", array]])), formatError(/array "a": int32 of shape/));
  assert.throws(() => encodeSafetensors(new Map([["__metadata__", array]])), formatError(/cannot be named/));
});

test("a file is written and read", async () => {
  const path = join(await temporaryFolder(), "a.safetensors");
  const all = new Map([["w", { dtype: "float32" as const, shape: [2], data: new Uint8Array(8) }]]);
  await writeSafetensors(path, all, { format: "pt" });
  const back = await readSafetensors(path);
  assert.deepEqual(byName(back.arrays), all);
  assert.deepEqual(back.metadata, { format: "pt" });
  await assert.rejects(readSafetensors(`${path}.none`), formatError(/none: cannot open: no such file/));
});

const files = fc.record({
  named: fc.uniqueArray(fc.tuple(fc.string({ unit: "grapheme" }), arrays()), {
    selector: ([name]) => name,
    maxLength: 5,
  }),
  metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true }),
});

test("any arrays come back as they were, aligned, in the same bytes whatever their order", () => {
  fc.assert(
    fc.property(files, ({ named, metadata }) => {
      const bytes = encodeSafetensors(new Map(named), metadata);
      assert.deepEqual(encodeSafetensors(new Map(named.toReversed()), metadata), bytes);
      const back = decodeSafetensors(bytes);
      assert.deepEqual(byName(back.arrays), byName(new Map(named)));
      assert.deepEqual(back.metadata, metadata);
    }),
    { numRuns: 100 },
  );
});

test("a cut file is refused, a flipped byte never does worse", async () => {
  await fc.assert(
    fc.asyncProperty(files, fc.nat(), fc.integer({ min: 1, max: 255 }), async ({ named }, at, flip) => {
      const bytes = encodeSafetensors(new Map(named));
      const place = at % bytes.length;
      const cut = await valueOrFormatError(() => decodeSafetensors(bytes.subarray(0, place)));
      assert.ok(cut instanceof FormatError);
      bytes[place] = (bytes[place] as number) ^ flip;
      await valueOrFormatError(() => decodeSafetensors(bytes));
    }),
    { numRuns: 300 },
  );
});
