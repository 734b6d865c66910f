import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readArrays, readOneArray } from "./arrays.js";
import { toFloat32, viewTyped } from "./dtype.js";
import { FormatError } from "./errors.js";
import { decodeNpy } from "./npy.js";
import { readPth, readStateDict } from "./pth.js";
import { decodeSafetensors } from "./safetensors.js";
import { formatError, golden, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";
import { writeZip } from "./zip.js";

/** By file and name, what PyTorch and NumPy read: made by golden/make_golden_foreign.py. */
const answers = JSON.parse(await readFile(golden("foreign.json"), "utf8")) as Record<
  string,
  Record<string, { shape: number[]; values: (number | null)[] }>
>;

for (const [file, expected] of Object.entries(answers)) {
  test(`${file} holds what its program reads from it`, async () => {
    const arrays = await readArrays(golden(file));
    const names = file.endsWith(".npy") ? [file.slice(0, -4)] : Object.keys(expected);
    assert.deepEqual([...arrays.keys()].sort(), [...names].sort());
    for (const [i, { shape, values }] of Object.values(expected).entries()) {
      const array = arrays.get(names[i] as string);
      assert.ok(array);
      assert.deepEqual(array.shape, shape, names[i]);
      const found =
        array.dtype === "float64" ? [...(viewTyped(array) as Float64Array)] : [...toFloat32(array)];
      assert.deepEqual(
        found,
        values.map((value) => value ?? Number.NaN).map(array.dtype === "float64" ? Number : Math.fround),
        names[i],
      );
    }
  });
}

test("foreign objects are named in a note, and hold what the file says", async () => {
  for (const file of [
    "foreign.pth.tar",
    "foreign-stream.bin",
    "foreign-protocol4",
    "foreign-protocol5.pth",
  ]) {
    const notes: string[] = [];
    const tree = await readPth(golden(file), { onNote: (note) => notes.push(note) });
    assert.equal(notes.length, 1);
    for (const name of [
      "argparse.Namespace",
      "numpy.dtype",
      "collections.defaultdict",
      "collections.Counter",
    ])
      assert.ok(notes[0]?.includes(name), name);
    for (const name of ["torch.device", "__main__.AttributeDict", "datetime.datetime", "__main__.Colour"])
      assert.ok(notes[0]?.includes(name), name);
    assert.match(notes[0] as string, /pathlib\.\S*Posix?Path|pathlib/);
    assert.ok(tree instanceof Map);
    assert.deepEqual(tree.get("size"), [2, 3]);
    assert.equal(tree.get("dtype"), "torch.float16");
  }
  const notes: string[] = [];
  await readStateDict(golden("refused.pth"), { onNote: (note) => notes.push(note) });
  assert.match(notes.join(), /__builtin__\.print/);
  await readStateDict(golden("conv-bn.pth"), { onNote: () => assert.fail("nothing is left out") });
});

test("quantized tensors are refused as such", async () => {
  for (const file of ["quantized.pth", "quantized-channels.pth"])
    await assert.rejects(
      readPth(golden(file)),
      formatError(/holds quantized tensors, which are not read; deq/),
    );
});

test("the contents say what a file is, whatever its name", async () => {
  const folder = await temporaryFolder();
  for (const [file, name] of [
    ["reference.safetensors", "weights.bin"],
    ["stored.npz", "arrays"],
    ["f4.npy", "numbers.pth"],
    ["old-format.pth", "old.pth.tar"],
    ["conv-bn.pth", "model"],
  ] as const) {
    const path = join(folder, name);
    await copyFile(golden(file), path);
    assert.deepEqual([...(await readArrays(path)).values()], [...(await readArrays(golden(file))).values()]);
  }
  assert.deepEqual((await readOneArray(join(folder, "numbers.pth"))).shape, [3, 4]);
  await assert.rejects(readOneArray(join(folder, "model")), formatError(/holds 7 arrays, and one is needed/));
  const path = join(folder, "notes.txt");
  await writeFile(path, "words");
  await assert.rejects(readArrays(path), formatError(/notes\.txt: is none of the kinds that are read/));
  await writeFile(path, Buffer.from([0x1f, 0x8b, 8, 0]));
  await assert.rejects(readArrays(path), formatError(/is packed by gzip; unpack it first/));
});

test("types of NumPy and safetensors that Gantry has not keep their values", () => {
  const header =
    '{"a":{"dtype":"U16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[4,5]}}';
  const file = Buffer.concat([Buffer.alloc(8), Buffer.from(header), Buffer.from([255, 255, 1, 0, 0x3e])]);
  file.writeBigUInt64LE(BigInt(header.length));
  const { arrays } = decodeSafetensors(file);
  assert.deepEqual(arrays.get("a"), {
    dtype: "int32",
    shape: [2],
    data: new Uint8Array(Int32Array.of(65535, 1).buffer),
    storedAs: "uint16",
  });
  assert.deepEqual([...toFloat32(arrays.get("b") ?? assert.fail())], [1.5]);
  const large = Buffer.from(
    "\x93NUMPY\x01\x00\x36\x00{'descr': '<u8', 'fortran_order': False, 'shape': (), }",
    "latin1",
  );
  large.writeUInt16LE(large.length - 10, 8);
  const max = Buffer.alloc(8, 255);
  assert.throws(() => decodeNpy(Buffer.concat([large, max])), formatError(/uint64 of 2\^63 and more/));
});

test("what would fill the memory is refused before it does", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "bomb.pth");
  const read = async (pickle: Uint8Array) => {
    await writeZip(path, [{ name: "a/data.pkl", data: pickle, compress: false }]);
    return valueOrFormatError(() => readPth(path));
  };
  const repeated = (unit: string) =>
    Buffer.from(`\x80\x02${unit.repeat(40_000_000 / unit.length)}.`, "latin1");
  for (const unit of ["(", "}", "]", "\x8f", "\x8a\x00", "N\x94", ")\x85", "cmodule\nname\n)R"]) {
    const result = await read(repeated(unit));
    assert.ok(result instanceof FormatError, unit);
    assert.match(result.message, /more memory than there is|far more than/, unit);
  }
  // Zeros that deflate packs a thousandfold, where no storage of that size is asked for.
  const zeros = Buffer.alloc(300 * 1024 * 1024);
  await writeZip(path, [{ name: "a/data.pkl", data: zeros }]);
  await assert.rejects(readPth(path), formatError(/has a pickle of 314,572,800 bytes; the limit is/));
  await writeZip(path, [{ name: "a.npy", data: zeros }]);
  await assert.rejects(readArrays(path), formatError(/unpacks from \d+ to 314572800 bytes/));
});

test("damaged files of these kinds give a value or a FormatError", async () => {
  const path = join(await temporaryFolder(), "damaged");
  for (const file of ["before-0.1.10.pth.tar", "unusual.pth", "foreign-stream.bin", "module.pth"]) {
    const whole = await readFile(golden(file));
    for (let i = 0; i < 200; i++) {
      const bytes = Buffer.from(whole);
      const at = (i * 7919) % bytes.length;
      bytes[at] = (bytes[at] as number) ^ (1 + ((i * 31) % 255));
      await writeFile(path, i % 4 === 0 ? bytes.subarray(0, at) : bytes);
      await valueOrFormatError(() => readArrays(path));
    }
  }
});
