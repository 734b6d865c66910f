import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, torch } from "./index.js";
import { testWith } from "./testing/instructions.js";
import { assertClose, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

/** A result and its gradients, each rounded once or twice: a sum in bfloat16 is off by several times as much. */
const TOLERANCE = 1e-2;

/** Asserts that `f` of numbers that bfloat16 can hold is the same in bfloat16 as in float64, and so are its gradients. */
function assertRight(what: string, f: (...inputs: Tensor[]) => Tensor, ...shapes: number[][]): void {
  scope(() => {
    const random = new Random(shapes.length);
    const inputs = shapes.map((shape) => noise(random, shape).to({ dtype: "bfloat16" }));
    const slope = noise(
      random,
      scope(() => f(...inputs).shape),
    ).to({ dtype: "bfloat16" });
    const [found, expected] = (["bfloat16", "float64"] as const).map((dtype) => {
      const leaves = inputs.map((input) => input.to({ dtype }).detach().requiresGrad_());
      const made = f(...leaves);
      return [made, ...grad([made], leaves, { gradOutputs: [slope.to({ dtype })] })];
    });
    for (const [i, value] of (found as Tensor[]).entries())
      assertClose(
        value.to({ dtype: "float64" }),
        (expected as Tensor[])[i] as Tensor,
        TOLERANCE,
        `${what} ${i}`,
      );
  });
}

test("products of matrices, large and small, whichever is turned around", () => {
  for (const [n, k, m] of [
    [64, 1024, 48],
    [3, 160, 20],
    [2, 8, 16],
    [1, 4000, 1],
  ] as const) {
    const sizes = `${n}, ${k}, ${m}`;
    assertRight(`matmul ${sizes}`, (a, b) => a.matmul(b), [n, k], [k, m]);
    assertRight(`linear ${sizes}`, (a, b, c) => torch.linear(a, b, c), [n, k], [m, k], [m]);
    assertRight(`bmm ${sizes}`, (a, b) => a.bmm(b), [3, n, k], [3, k, m]);
    assertRight(`turned bmm ${sizes}`, (a, b) => a.transpose(1, 2).bmm(b), [3, k, n], [3, k, m]);
    assertRight(`addmm ${sizes}`, (c, a, b) => c.addmm(a, b), [n, m], [n, k], [k, m]);
    assertRight(`baddbmm ${sizes}`, (c, a, b) => c.baddbmm(a, b), [3, n, m], [3, n, k], [3, k, m]);
  }
  assertRight("dot", (a, b) => a.matmul(b), [4096], [4096]);
  assertRight("matrix and vector", (a, b) => a.matmul(b), [64, 1024], [1024]);
});

test("an embedding that many rows read", () => {
  assertRight(
    "embedding",
    (weight) => torch.embedding(weight, torch.zeros([1000], { dtype: "int64" })),
    [5, 8],
  );
});

/** Batch, channels in and out, size, kernel, stride, padding: maps of which oneDNN reads or leaves memory that nobody wrote. */
const narrow = [
  [16, 64, 3, [3, 1], [3, 4], [1, 2], [1, 2]],
  [2, 1, 8, [5, 1], [1, 2], [1, 2], [0, 1]],
  [5, 64, 8, [5, 4], [3, 5], [1, 2], [1, 1]],
  [5, 64, 8, [3, 2], [3, 5], [1, 2], [2, 2]],
  [16, 3, 16, [4, 4], [3, 5], [1, 2], [2, 1]],
  [2, 16, 3, [4, 1], [3, 2], [2, 2], [1, 1]],
  [5, 48, 8, [4, 1], [3, 3], [1, 2], [0, 2]],
  [1, 8, 32, [10, 1], [5, 3], [2, 2], [2, 2]],
  [5, 64, 3, [12, 10], [1, 4], [2, 2], [0, 2]],
  [4, 8, 8, [1, 1], [3, 3], [1, 1], [1, 1]],
] as const;

for (const [count, from, to, size, kernel, stride, padding] of narrow)
  test(`${count} of ${from} to ${to} channels, [${size}], kernel [${kernel}], stride [${stride}], padding [${padding}]`, () => {
    const [strides, paddings] = [[...stride], [...padding]];
    const shapes = [
      [count, from, ...size],
      [to, from, ...kernel],
    ];
    for (const memoryFormat of ["contiguous", "channelsLast"] as const) {
      const laid = (x: Tensor) => x.contiguous({ memoryFormat });
      assertRight("Gantry's", (x, w) => torch.conv2d(laid(x), w, undefined, strides, paddings), ...shapes);
      assertRight(
        "LibTorch's",
        (x, w) => torch.convolution(laid(x), w, undefined, strides, paddings, [1, 1], false, [0, 0], 1),
        ...shapes,
      );
    }
  });

test("channels in groups, and a kernel with holes", () => {
  const convolve = (dilation: number, groups: number) => (x: Tensor, w: Tensor) =>
    torch.convolution(x, w, undefined, [1, 1], [2, 2], [dilation, dilation], false, [0, 0], groups);
  assertRight("groups", convolve(1, 4), [4, 64, 9, 9], [32, 16, 5, 5]);
  assertRight("holes", convolve(2, 1), [4, 64, 9, 9], [32, 64, 3, 3]);
});

testWith("avx2", import.meta.url);
testWith("default", import.meta.url);
