import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type ArrayValue, type Dtype, ITEM_SIZE, toFloat32, viewTyped } from "./dtype.js";
import { FormatError } from "./errors.js";
import { readPth, readStateDict } from "./pth.js";
import { flattenStateDict } from "./stateDict.js";
import { formatError, golden, temporaryFolder, valueOrFormatError } from "./testing/helpers.js";
import type { PthValue } from "./torchObjects.js";
import { openZip, writeZip, type ZipInput } from "./zip.js";

const ramp = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8];
const count = (length: number) => Array.from({ length }, (_, i) => i);

function numbers(array: ArrayValue | undefined): number[] {
  assert.ok(array);
  return [...toFloat32(array)];
}

function member(value: PthValue | undefined, ...keys: PthValue[]): PthValue | undefined {
  return keys.reduce<PthValue | undefined>((part, key) => {
    assert.ok(part instanceof Map);
    return part.get(key);
  }, value);
}

/** An archive as torch.save makes them, of this pickle and these storages. */
function checkpoint(pickle: Uint8Array, storages: Record<string, Uint8Array> = {}): ZipInput[] {
  const data = Object.entries(storages).map(([key, data]) => ({
    name: `a/data/${key}`,
    data,
    compress: false,
  }));
  return [{ name: "a/data.pkl", data: pickle, compress: false }, ...data];
}

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(
    Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part)))),
  );

/** The pickle of one float tensor in storage "0" of `length` elements: arguments as in _rebuild_tensor_v2. */
function tensorPickle(length: number, offset: number, shape: number[], strides: number[]): Uint8Array {
  const int = (value: number) => {
    const encoded = Buffer.alloc(5, "J");
    encoded.writeInt32LE(value, 1);
    return [...encoded];
  };
  const tuple = (values: number[]) => ["(", ...values.map(int), "t"];
  return bytes(
    [0x80, 2],
    "}X",
    [1, 0, 0, 0],
    "actorch._utils\n_rebuild_tensor_v2\n((X",
    [7, 0, 0, 0],
    "storagectorch\nFloatStorage\nX",
    [1, 0, 0, 0],
    "0X",
    [3, 0, 0, 0],
    "cpu",
    int(length),
    "tQ",
    int(offset),
    ...tuple(shape),
    ...tuple(strides),
    [0x89],
    "ccollections\nOrderedDict\n)RtRs.",
  );
}

test("a state_dict of a convolution and a batch norm", async () => {
  const arrays = await readStateDict(golden("conv-bn.pth"));
  assert.deepEqual(
    [...arrays].map(([name, { dtype, shape }]) => [name, dtype, shape]),
    [
      ["0.weight", "float32", [4, 3, 3, 3]],
      ["0.bias", "float32", [4]],
      ["1.weight", "float32", [4]],
      ["1.bias", "float32", [4]],
      ["1.running_mean", "float32", [4]],
      ["1.running_var", "float32", [4]],
      ["1.num_batches_tracked", "int64", []],
    ],
  );
  assert.deepEqual(
    numbers(arrays.get("0.weight")),
    count(108).map((i) => i / 2),
  );
  assert.deepEqual(numbers(arrays.get("1.bias")), [-3, -2.5, -2, -1.5]);
  assert.deepEqual(numbers(arrays.get("1.running_mean")), [1, 2, 3, 4]);
  assert.deepEqual(numbers(arrays.get("1.num_batches_tracked")), [5]);
});

test("every element type, also with PyTorch 2's byteorder record", async () => {
  for (const name of ["dtypes.pth", "byteorder-little.pth"]) {
    const arrays = await readStateDict(golden(name));
    assert.deepEqual([...arrays.keys()].sort(), Object.keys(ITEM_SIZE).sort());
    for (const [name, array] of arrays) {
      assert.equal(array.dtype, name as Dtype);
      assert.deepEqual(array.shape, [3, 4]);
      const wrap = (x: number) => (name === "uint8" ? x & 255 : name === "bool" ? Number(x !== 0) : x);
      assert.deepEqual(numbers(array), ramp.map(wrap), name);
    }
  }
  assert.deepEqual(numbers((await readStateDict(golden("byteorder-big.pth"))).get("a")), [1, -2.5]);
});

test("views, shared storages and parameters", async () => {
  const arrays = await readStateDict(golden("views.pth"));
  const at = (name: string) => {
    const array = arrays.get(name);
    return [array?.shape, numbers(array)];
  };
  assert.deepEqual(at("base"), [[4, 6], count(24)]);
  assert.deepEqual(at("transposed"), [[6, 4], count(24).map((i) => (i % 4) * 6 + Math.floor(i / 4))]);
  assert.deepEqual(at("column"), [[4], [2, 8, 14, 20]]);
  assert.deepEqual(at("steps"), [
    [2, 2],
    [6, 9, 18, 21],
  ]);
  assert.deepEqual(at("expanded"), [
    [2, 3],
    [1, 1, 1, 2, 2, 2],
  ]);
  assert.deepEqual(at("scalar"), [[], [2.5]]);
  assert.deepEqual(at("empty"), [[0, 3], []]);
  assert.deepEqual(at("parameter"), [[2], [0.5, 1.5]]);
});

test("plain values of every kind, in protocols 2 and 5", async () => {
  for (const name of ["tree.pth", "tree-protocol5.pth"]) {
    const tree = await readPth(golden(name));
    const plain = (key: string) => member(tree, key);
    assert.equal(plain("epoch"), 7);
    assert.equal(plain("loss"), 0.25);
    assert.equal(plain("big"), 2n ** 70n);
    assert.equal(plain("negative"), -(2 ** 40));
    assert.equal(plain("name"), "naïve");
    assert.equal(plain("nothing"), null);
    assert.deepEqual(plain("flags"), [true, false]);
    assert.deepEqual(plain("pair"), [1, 2, 3, 4]);
    assert.deepEqual(plain("set"), new Set([1, 2]));
    assert.deepEqual(plain("size"), [2, 3]);
    assert.equal(plain("dtype"), "torch.bfloat16");
    assert.deepEqual(plain("raw"), Uint8Array.of(0, 255));
    assert.equal(member(tree, "optimizer", "state", 0) instanceof Map, true);

    const arrays = flattenStateDict(tree);
    assert.deepEqual([...arrays.keys()], ["model.a", "model.b.c", "optimizer.state.0.step"]);
    assert.deepEqual(viewTyped(arrays.get("model.b.c") as ArrayValue), Int32Array.of(0));
  }
});

test("what could run code is refused by name", async () => {
  const message =
    /malicious.pth: refused to load os.system: only tensors and plain containers are; nothing was run/;
  await assert.rejects(readPth(golden("malicious.pth")), formatError(message));
});

test("what PyTorch before 1.6 has written is read, and refused wherever it is cut off", async () => {
  const tensor = (await readStateDict(golden("old-format.pth"))).get("a");
  assert.deepEqual(tensor?.shape, [2]);
  assert.deepEqual(viewTyped(tensor as ArrayValue), Float32Array.of(1, 1));
  const whole = await readFile(golden("old-format.pth"));
  const path = join(await temporaryFolder(), "cut.pth");
  for (let length = 1; length < whole.length; length += 7) {
    await writeFile(path, whole.subarray(0, length));
    await assert.rejects(readPth(path), formatError(/cut.pth/));
  }
});

test("other formats are recognised", async () => {
  await assert.rejects(readPth(golden("protocol2.pkl")), formatError(/is a bare pickle/));
  await assert.rejects(readPth(golden("torchscript.pt")), formatError(/is a TorchScript program/));
  await assert.rejects(
    readPth(golden("zip64.zip")),
    formatError(/without a data.pkl, not a PyTorch checkpoint/),
  );
  await assert.rejects(readPth(golden("f4.npy")), formatError(/f4.npy: is not a readable zip archive/));
});

test("tensors must lie inside of their storage, and storages be there", async () => {
  const path = join(await temporaryFolder(), "a.pth");
  const read = async (inputs: ZipInput[]) => {
    await writeZip(path, inputs);
    return readStateDict(path);
  };
  const storage = { 0: new Uint8Array(Float32Array.from(count(6)).buffer) };
  const tensor = (...args: Parameters<typeof tensorPickle>) =>
    read(checkpoint(tensorPickle(...args), storage));
  assert.deepEqual(numbers((await tensor(6, 1, [2, 2], [1, 3])).get("a")), [1, 4, 2, 5]);
  assert.deepEqual(numbers((await tensor(6, 9, [0], [1])).get("a")), []);
  await assert.rejects(
    tensor(6, 2, [2, 2], [1, 3]),
    formatError(/offset 2, strides \[1, 3\]\) reaches outside of its/),
  );
  await assert.rejects(tensor(6, 0, [7], [1]), formatError(/reaches outside/));
  await assert.rejects(tensor(6, -1, [1], [1]), formatError(/is no count/));
  await assert.rejects(tensor(6, 0, [2], [-1]), formatError(/is no count/));
  await assert.rejects(tensor(6, 0, [2, 2], [1]), formatError(/more extents than strides/));
  await assert.rejects(tensor(6, 0, [2 ** 30, 2 ** 30], [0, 0]), formatError(/is not a shape/));
  await assert.rejects(
    tensor(6, 0, [2 ** 20, 2 ** 10], [0, 0]),
    formatError(/expand to far more than the [\d,]+ bytes/),
  );
  await assert.rejects(tensor(2 ** 30, 0, [2], [1]), formatError(/storage "0" has 24 bytes, not 4294967296/));
  await assert.rejects(read(checkpoint(tensorPickle(6, 0, [6], [1]))), formatError(/has no storage "0"/));
});

test("names in a flattened state_dict", () => {
  const a: ArrayValue = { dtype: "uint8", shape: [], data: Uint8Array.of(1) };
  assert.deepEqual([...flattenStateDict(new Map([["l", [a, 1, a]]])).keys()], ["l.0", "l.2"]);
  assert.throws(() => flattenStateDict(a), formatError(/holds one tensor without a name/));
  const twice = new Map<PthValue, PthValue>([
    ["a.b", a],
    ["a", new Map([["b", a]])],
  ]);
  assert.throws(() => flattenStateDict(twice), formatError(/two tensors named "a.b"/));
  assert.throws(() => flattenStateDict(new Map([[null, a]])), formatError(/neither text nor a number/));
  const circle: PthValue[] = [];
  circle.push(circle);
  assert.throws(() => flattenStateDict(circle), formatError(/contain themselves/));
  // Sixty lists, each twice the one before.
  let bomb: PthValue = [a];
  for (let i = 0; i < 60; i++) bomb = [bomb, bomb];
  assert.throws(() => flattenStateDict(bomb), FormatError);
});

test("a damaged pickle, or a damaged file, gives a value or a FormatError", async () => {
  const folder = await temporaryFolder();
  for (const name of ["tree.pth", "tree-protocol5.pth", "views.pth"]) {
    const zip = await openZip(golden(name));
    const inputs: (ZipInput & { data: Uint8Array })[] = [];
    for (const { name } of zip.entries) {
      const entry = zip.find(name);
      if (entry) inputs.push({ name, data: await zip.read(entry), compress: false });
    }
    await zip.close();
    const pickle = inputs[0]?.data;
    assert.ok(pickle);
    const path = join(folder, name);
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
        const damaged = Uint8Array.from(pickle);
        const place = at % pickle.length;
        damaged[place] = (damaged[place] as number) ^ flip;
        const data = cut ? damaged.subarray(0, place) : damaged;
        await writeZip(path, [{ name: inputs[0]?.name ?? "", data, compress: false }, ...inputs.slice(1)]);
        const result = await valueOrFormatError(() => readStateDict(path));
        if (cut) assert.ok(result instanceof FormatError);
      }),
      { numRuns: 150 },
    );
    const whole = await readFile(golden(name));
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (at) => {
        await writeFile(path, whole.subarray(0, at % whole.length));
        assert.ok((await valueOrFormatError(() => readPth(path))) instanceof FormatError);
      }),
      { numRuns: 50 },
    );
  }
});
