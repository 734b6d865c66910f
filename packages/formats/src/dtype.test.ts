import assert from "node:assert/strict";
import { test } from "node:test";
import { arrayValue, countElements, toFloat32, viewTyped } from "./dtype.js";
import { contiguousStrides, fortranStrides, gather, isContiguous, reach } from "./strided.js";
import { formatError } from "./testing/helpers.js";

test("typed views share memory where they can, and copy where they must", () => {
  const memory = new Uint8Array(12);
  const aligned = viewTyped(arrayValue("float32", [2], memory.subarray(4)));
  assert.equal(aligned.buffer, memory.buffer);
  const odd = viewTyped(arrayValue("float32", [2], memory.subarray(1, 9)));
  assert.notEqual(odd.buffer, memory.buffer);
  assert.equal(odd.length, 2);
});

test("bytes that do not fit the shape are refused", () => {
  assert.throws(() => arrayValue("int64", [2, 2], new Uint8Array(31)), formatError(/takes 32 bytes, not 31/));
  assert.throws(() => arrayValue("bool", [-1], new Uint8Array(0)), formatError(/\[-1\] is not a shape/));
});

test("half and brain floats become float32", () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00);
  const half = arrayValue("float16", [7], new Uint8Array(bits.buffer));
  assert.deepEqual([...toFloat32(half)], [1, -2, 65504, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NaN]);
  const brain = arrayValue("bfloat16", [2], new Uint8Array(Uint16Array.of(0x3f80, 0xc040).buffer));
  assert.deepEqual([...toFloat32(brain)], [1, -3]);
  const long = arrayValue("int64", [2], new Uint8Array(BigInt64Array.of(-5n, 7n).buffer));
  assert.deepEqual([...toFloat32(long)], [-5, 7]);
});

test("counting elements does not overflow", () => {
  assert.equal(countElements([]), 1);
  assert.equal(countElements([2 ** 31, 2 ** 31]), undefined);
  assert.equal(countElements([2 ** 40, 0]), 0);
  assert.equal(countElements([1.5]), undefined);
});

test("strides", () => {
  assert.deepEqual(contiguousStrides([2, 3, 4]), [12, 4, 1]);
  assert.deepEqual(fortranStrides([2, 3, 4]), [1, 2, 6]);
  assert.ok(isContiguous({ shape: [1, 3], strides: [99, 1], offset: 5 }));
  assert.ok(!isContiguous({ shape: [2, 3], strides: [1, 2], offset: 0 }));
  assert.equal(reach({ shape: [2, 3], strides: [0, 4], offset: 1 }), 10);
  assert.equal(reach({ shape: [0, 3], strides: [1, 1], offset: 100 }), 0);
  const memory = Uint8Array.from({ length: 6 }, (_, i) => i);
  const transposed = { shape: [3, 1, 2], strides: [1, 7, 3], offset: 0 };
  assert.deepEqual(gather(memory, 1, transposed, undefined), Uint8Array.of(0, 3, 1, 4, 2, 5));
  const repeated = { shape: [2, 2], strides: [0, 1], offset: 1 };
  assert.deepEqual(gather(memory, 2, repeated, undefined), Uint8Array.of(2, 3, 4, 5, 2, 3, 4, 5));
});
