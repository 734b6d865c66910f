import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import {
  type DType,
  liveTensors,
  scope,
  setThreads,
  Tensor,
  TorchError,
  type TypedArray,
  torch,
} from "./index.js";

setThreads(1);

const inScope = (name: string, body: () => void) => test(name, () => scope(body));

inScope("every typed array goes in and comes back the same", () => {
  const arrays: [TypedArray, DType][] = [
    [Float32Array.of(0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45), "float32"],
    [Float64Array.of(0, -0, Math.PI, 5e-324, Number.MAX_VALUE, Number.NEGATIVE_INFINITY), "float64"],
    [BigInt64Array.of(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, 7n), "int64"],
    [Int32Array.of(0, -1, 2 ** 31 - 1, -(2 ** 31), 5, 6), "int32"],
    [Int16Array.of(0, -1, 32767, -32768, 5, 6), "int16"],
    [Int8Array.of(0, -1, 127, -128, 5, 6), "int8"],
    [Uint8Array.of(0, 1, 255, 128, 5, 6), "uint8"],
  ];
  for (const [array, dtype] of arrays) {
    const tensor = torch.fromTypedArray(array, [2, 3]);
    assert.equal(tensor.dtype, dtype);
    assert.deepEqual(tensor.shape, [2, 3]);
    assert.deepEqual(tensor.toTypedArray(), array);
    assert.deepEqual(torch.tensor(array).shape, [6]);
  }
});

inScope("the tensor is a copy of the array, and the array read a copy of the tensor", () => {
  const array = Float32Array.of(1, 2);
  const tensor = torch.fromTypedArray(array);
  array[0] = 9;
  const read = tensor.toTypedArray();
  tensor.zero_();
  assert.deepEqual(Array.from(read as Float32Array), [1, 2]);
});

inScope("a view into a larger buffer is read at its own offset", () => {
  const view = new Float32Array(Float32Array.of(1, 2, 3, 4).buffer, 4, 2);
  assert.deepEqual(torch.fromTypedArray(view).toNumbers(), [2, 3]);
});

inScope("numbers become any dtype, and are read back from it", () => {
  const dtypes: DType[] = [
    "float32",
    "float64",
    "bfloat16",
    "float16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
  ];
  for (const dtype of dtypes) {
    const tensor = torch.tensor(
      [
        [1, 2],
        [3, 100],
      ],
      { dtype },
    );
    assert.equal(tensor.dtype, dtype);
    assert.deepEqual(tensor.toList(), [
      [1, 2],
      [3, 100],
    ]);
    assert.equal(tensor.sum(null).item(), 106);
  }
  const flags = torch.tensor([0, 1, 2, -1], { dtype: "bool" });
  assert.deepEqual(flags.toList(), [0, 1, 1, 1]);
  assert.deepEqual(torch.fromTypedArray(Uint8Array.of(0, 1), [2], "bool").toList(), [0, 1]);
});

inScope("bfloat16 rounds to 8 bits of mantissa, to the even neighbour", () => {
  const tensor = torch.tensor([1 + 1 / 128, 1 + 1 / 256, 1 + 3 / 256, 3.14], { dtype: "bfloat16" });
  assert.deepEqual(tensor.toList(), [1 + 1 / 128, 1, 1 + 2 / 128, 3.140625]);
  assert.ok(tensor.toTypedArray() instanceof Float32Array);
});

inScope("shapes: scalars, empty dimensions, sizes, strides", () => {
  const scalar = torch.tensor(5);
  assert.deepEqual(
    [scalar.shape, scalar.dim, scalar.numel, scalar.item(), scalar.toList()],
    [[], 0, 1, 5, 5],
  );
  const empty = torch.zeros([2, 0, 3]);
  assert.deepEqual([empty.shape, empty.numel, empty.toList()], [[2, 0, 3], 0, [[], []]]);
  assert.deepEqual(torch.tensor([]).shape, [0]);
  const tensor = torch.zeros([2, 3, 4]);
  assert.deepEqual(tensor.strides, [12, 4, 1]);
  assert.deepEqual(tensor.transpose(0, 2).strides, [1, 4, 12]);
  assert.deepEqual([tensor.size(0), tensor.size(-1)], [2, 4]);
  assert.throws(() => tensor.size(3), TorchError);
});

inScope("a tensor that is not contiguous is read in the order of its shape", () => {
  const tensor = torch.tensor([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual(tensor.t().toNumbers(), [1, 4, 2, 5, 3, 6]);
  assert.deepEqual(tensor.select(1, 1).toNumbers(), [2, 5]);
  assert.deepEqual(torch.tensor([7]).expand([2, 2]).toList(), [
    [7, 7],
    [7, 7],
  ]);
});

inScope("nested arrays that are ragged are refused", () => {
  for (const data of [
    [[1, 2], [3]],
    [[1], 2],
    [1, [2]],
    [[], [1]],
    [[[1]], [[1, 2]]],
  ])
    assert.throws(() => torch.tensor(data as number[][]), /ragged/);
  assert.throws(() => torch.fromTypedArray(Float32Array.of(1, 2, 3), [2]), TorchError);
  assert.throws(() => torch.fromTypedArray(Float32Array.of(1, 2, 3), [-3]), TorchError);
  assert.throws(() => torch.fromTypedArray([1, 2] as unknown as Float32Array, [2]), TorchError);
  assert.throws(() => torch.fromTypedArray(new Uint16Array(2) as unknown as Uint8Array, [2]), TorchError);
});

inScope("item() needs one element", () => {
  assert.equal(torch.tensor([[4]]).item(), 4);
  assert.throws(() => torch.tensor([1, 2]).item(), /one element/);
  assert.throws(() => torch.tensor([]).item(), TorchError);
});

inScope("channels-last goes there and back without changing the values", () => {
  const tensor = torch.arange(0, 2 * 3 * 4 * 5, 1, { dtype: "float32" }).reshape([2, 3, 4, 5]);
  const last = tensor.contiguous({ memoryFormat: "channelsLast" });
  assert.deepEqual(last.strides, [60, 1, 15, 3]);
  assert.deepEqual([last.isContiguous("channelsLast"), last.isContiguous()], [true, false]);
  assert.deepEqual(last.toNumbers(), tensor.toNumbers());
  const back = last.contiguous();
  assert.deepEqual(back.strides, tensor.strides);
  assert.deepEqual(back.toTypedArray(), tensor.toTypedArray());
});

inScope("in-place operators return the object they were called on", () => {
  const tensor = torch.zeros([2]);
  const before = liveTensors().count;
  assert.equal(tensor.add_(1).mul_(3), tensor);
  assert.equal(liveTensors().count, before);
  assert.deepEqual(tensor.toList(), [3, 3]);
});

inScope("whole numbers keep integer tensors integral, others do not", () => {
  const ints = torch.tensor([1, 2], { dtype: "int64" });
  assert.equal(ints.add(2).dtype, "int64");
  assert.equal(ints.add(0.5).dtype, "float32");
  assert.equal(ints.mul(3n).dtype, "int64");
  assert.deepEqual(ints.add(2n ** 60n).toTypedArray(), BigInt64Array.of(2n ** 60n + 1n, 2n ** 60n + 2n));
});

inScope("assign and swap change what an object means", () => {
  const a = torch.tensor([1, 2]);
  const b = torch.tensor([[3]]);
  a.swap(b);
  assert.deepEqual([a.toList(), b.toList(), a.shape], [[[3]], [1, 2], [1, 1]]);
  a.assign(torch.tensor([5, 6, 7]));
  assert.deepEqual([a.toList(), a.shape], [[5, 6, 7], [3]]);
});

inScope("an alias lives on when the first owner is gone", () => {
  const tensor = torch.tensor([1, 2]);
  const other = tensor.alias();
  tensor.dispose();
  assert.deepEqual(other.toList(), [1, 2]);
});

inScope("a tensor prints its dtype, shape and, when small, its values", () => {
  const tensor = torch.tensor([[1, 2]]);
  assert.equal(String(tensor), "Tensor(float32[1,2])");
  assert.equal(inspect(tensor), "Tensor(float32[1,2]) [[1,2]]");
  tensor.dispose();
  assert.equal(inspect(tensor), "Tensor(freed)");
});

inScope("errors name the operator and the shapes", () => {
  const attempt = () => torch.zeros([2, 3]).matmul(torch.zeros([4, 5]));
  assert.throws(attempt, (error: unknown) => {
    assert.ok(error instanceof TorchError);
    assert.equal(error.name, "TorchError");
    assert.equal(error.operator, "aten::matmul");
    assert.equal(error.shapes, "float32[2,3], float32[4,5]");
    assert.match(error.message, /^aten::matmul\(float32\[2,3\], float32\[4,5\]\): mat1 and mat2 shapes/);
    assert.doesNotMatch(error.message, /Exception raised|\.cpp/);
    return true;
  });
});

inScope("a tensor larger than the machine's memory is refused with a reason", () => {
  assert.throws(() => torch.zeros([2 ** 20, 2 ** 20]), /out of memory|GiB/);
  assert.throws(() => torch.empty([2 ** 40, 2 ** 40]), TorchError);
});

inScope("a result is a Tensor, and one of several an array of them", () => {
  const [values, indices] = torch.tensor([[1, 3, 2]]).sort();
  assert.ok(values instanceof Tensor);
  assert.deepEqual([values.toList(), indices.toList(), indices.dtype], [[[1, 2, 3]], [[0, 2, 1]], "int64"]);
  assert.equal(torch.zeros([4, 2]).split(1).length, 4);
});
