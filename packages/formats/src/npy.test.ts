import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readArrays, readOneArray } from "./arrays.js";
import { type Dtype, ITEM_SIZE, toFloat32, viewTyped } from "./dtype.js";
import { FormatError } from "./errors.js";
import { decodeNpy, encodeNpy, readNpy, readNpz, writeNpz } from "./npy.js";
import {
  arrays,
  byName,
  formatError,
  golden,
  temporaryFolder,
  valueOrFormatError,
} from "./testing/helpers.js";
import { writeZip } from "./zip.js";

const ramp = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8];

const CODES: [string, Dtype][] = [
  ["f4", "float32"],
  ["f8", "float64"],
  ["f2", "float16"],
  ["i8", "int64"],
  ["i4", "int32"],
  ["i2", "int16"],
  ["i1", "int8"],
  ["u1", "uint8"],
  ["b1", "bool"],
];

test("NumPy's files are read, and written byte for byte", async () => {
  for (const [code, dtype] of CODES) {
    const array = await readNpy(golden(`${code}.npy`));
    assert.equal(array.dtype, dtype);
    assert.deepEqual(array.shape, [3, 4]);
    const expected = ramp.map((x) => (dtype === "uint8" ? x & 255 : dtype === "bool" ? Number(x !== 0) : x));
    assert.deepEqual([...toFloat32(array)], expected);
    assert.ok((await readFile(golden(`${code}.npy`))).equals(encodeNpy(array)), code);
  }
});

test("what a zip program put beside the arrays of a .npz file is left out, and said", async () => {
  const path = join(await temporaryFolder(), "mac.npz");
  const array = encodeNpy({ dtype: "float32", shape: [2], data: new Uint8Array(8) });
  await writeZip(path, [
    { name: "x.npy", data: array },
    { name: "__MACOSX/._x.npy", data: Buffer.from("Mac OS X") },
    { name: "notes.txt", data: Buffer.from("of mine") },
  ]);
  const notes: string[] = [];
  for (const read of [readNpz, readArrays])
    assert.deepEqual([...(await read(path, { onNote: (note) => notes.push(note) })).keys()], ["x"]);
  const told = `${path}: left out 2 files that are no arrays (the first: __MACOSX/._x.npy)`;
  assert.deepEqual(notes, [told, told]);
  assert.deepEqual((await readOneArray(path)).shape, [2]);
});

test("byte order, Fortran order and versions", async () => {
  assert.deepEqual([...viewTyped(await readNpy(golden("big-endian.npy")))], ramp);
  assert.deepEqual([...viewTyped(await readNpy(golden("fortran-big-endian.npy")))], ramp);
  assert.deepEqual([...viewTyped(await readNpy(golden("version-2.npy")))], ramp);
  assert.deepEqual([...viewTyped(await readNpy(golden("version-3.npy")))], ramp);
  const fortran = await readNpy(golden("fortran.npy"));
  assert.deepEqual(fortran.shape, [2, 3, 4]);
  assert.deepEqual(
    [...viewTyped(fortran)],
    Array.from({ length: 24 }, (_, i) => i),
  );
  const scalar = await readNpy(golden("scalar.npy"));
  assert.deepEqual([scalar.shape, ...viewTyped(scalar)], [[], 2.5]);
  assert.deepEqual((await readNpy(golden("empty.npy"))).shape, [0, 3]);
});

test("what is not a plain array is refused by name", async () => {
  await assert.rejects(readNpy(golden("object.npy")), formatError(/object.npy: holds Python objects/));
  await assert.rejects(readNpy(golden("structured.npy")), formatError(/has records/));
  await assert.rejects(readNpy(golden("stored.npz")), formatError(/does not begin as a .npy file/));
  assert.throws(
    () => encodeNpy({ dtype: "bfloat16", shape: [], data: new Uint8Array(2) }),
    formatError(/NumPy has no bfloat16; convert it/),
  );
});

test("headers are checked", () => {
  const npy = (header: string, data = 0) => {
    const head = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${header}`, "latin1");
    head.writeUInt16LE(header.length, 8);
    return Buffer.concat([head, Buffer.alloc(data)]);
  };
  const cases: [string, RegExp][] = [
    ["", /not a dictionary/],
    ["{}", /without descr/],
    ["{'descr': '<f4', 'fortran_order': False}", /without descr/],
    ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': ()}", /unexpected "descr"/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (), 'more': ''}", /unexpected "more"/],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", /cannot be understood/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (2)}", /has shape \(2\), which is none/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1 2,)}", /which is none/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}", /which is none/],
    ["{'descr': '=f4', 'fortran_order': False, 'shape': ()}", /has dtype "=f4"/],
    ["{'descr': '<U3', 'fortran_order': False, 'shape': ()}", /has dtype "<U3"/],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", /takes 4 bytes, not 0/],
  ];
  for (const [header, message] of cases)
    assert.throws(() => decodeNpy(npy(header)), formatError(message), header);
  assert.throws(
    () => decodeNpy(npy("{'shape': (), 'fortran_order': True, \"descr\": '<f4',}", 5)),
    formatError(/not 5/),
  );
  assert.deepEqual(
    decodeNpy(npy("{'shape': (1L,), 'fortran_order': True, \"descr\": '<f4',}  \n", 4)).shape,
    [1],
  );
});

test("archives of arrays", async () => {
  const stored = await readNpz(golden("stored.npz"));
  assert.deepEqual([...stored.keys()], ["a", "b"]);
  assert.deepEqual(
    [...stored.values()].map((array) => [...viewTyped(array)]),
    [ramp, [7n]],
  );
  const deflated = await readNpz(golden("deflated.npz"));
  assert.deepEqual(deflated.get("a")?.shape, [40, 50]);
  await assert.rejects(
    readNpz(golden("zip64.zip")),
    formatError(/holds no .npy file \(the first in it: "forced.txt"\)/),
  );

  const folder = await temporaryFolder();
  for (const compress of [true, false]) {
    await writeNpz(join(folder, "a.npz"), deflated, { compress });
    await writeNpz(join(folder, "b.npz"), deflated, { compress });
    assert.deepEqual(byName(await readNpz(join(folder, "a.npz"))), byName(deflated));
    assert.ok((await readFile(join(folder, "a.npz"))).equals(await readFile(join(folder, "b.npz"))));
  }
});

const numpyArrays = arrays((Object.keys(ITEM_SIZE) as Dtype[]).filter((dtype) => dtype !== "bfloat16"));

test("any array comes back as it was", () => {
  fc.assert(
    fc.property(numpyArrays, (array) => {
      const bytes = encodeNpy(array);
      assert.equal((bytes.length - array.data.length) % 64, 0);
      assert.deepEqual(decodeNpy(bytes), array);
    }),
  );
});

test("a cut file is refused, a flipped byte never does worse", async () => {
  await fc.assert(
    fc.asyncProperty(numpyArrays, fc.nat(), fc.integer({ min: 1, max: 255 }), async (array, at, flip) => {
      const bytes = encodeNpy(array);
      const place = at % bytes.length;
      assert.ok((await valueOrFormatError(() => decodeNpy(bytes.subarray(0, place)))) instanceof FormatError);
      bytes[place] = (bytes[place] as number) ^ flip;
      await valueOrFormatError(() => decodeNpy(bytes));
    }),
    { numRuns: 300 },
  );
});
