import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, torch } from "./index.js";
import { testWith, withoutKernels } from "./testing/instructions.js";
import { assertClose, assertRounded, noise } from "./testing/numeric.js";
import { plainly } from "./testing/plainly.js";
import { Random } from "./testing/random.js";

setThreads(1);

/**
 * Images, channels in and out, size, padding, kernel, stride: sizes that are whole tiles and that are not, any padding; few tiles,
 * and more than 128, which take another way.
 */
const cases = [
  [2, 64, 64, [8, 8], 1, 3, 1],
  [1, 80, 64, [9, 11], 1, 3, 1],
  [3, 64, 96, [10, 13], 0, 3, 1],
  [1, 64, 64, [8, 7], 2, 3, 1],
  [2, 256, 272, [9, 10], 1, 3, 1],
  [1, 64, 80, [32, 34], 1, 4, 2],
  [2, 80, 64, [35, 37], 0, 4, 2],
  [1, 64, 64, [31, 33], 2, 4, 2],
  [2, 128, 208, [8, 8], 1, 4, 2],
  [3, 144, 128, [4, 7], 1, 3, 1],
  [9, 64, 80, [16, 13], 1, 3, 1],
  [9, 80, 64, [32, 34], 1, 4, 2],
  [2, 32, 48, [9, 8], 1, 3, 1],
  [18, 32, 64, [32, 30], 1, 4, 2],
] as const;
type Case = (typeof cases)[number];

type Values = Readonly<Record<"x" | "w" | "b" | "g" | "y" | "c" | "h" | "u", Tensor>>;

/** A convolution and a transposed one, from outputs to images: the last tap does not reach `rest` of them. */
function maps({ x, w, b, y, c }: Values, [, , , , padding, kernel, stride]: Case): [Tensor, Tensor] {
  const pair = [padding, padding];
  const strides = [stride, stride];
  const rest = [2, 3].map((d) => x.size(d) - ((y.size(d) - 1) * stride - 2 * padding + kernel));
  return [torch.conv2d(x, w, b, strides, pair), torch.convTranspose2d(y, w, c, strides, pair, rest)];
}

/** Of a convolution and of a transposed one: outputs, gradients, and gradients of a function of the gradients. */
function everything(values: Values, each: Case): Tensor[] {
  const { x, w, b, g, y, c, h, u } = values;
  const [convolved, spread] = maps(values, each);
  const first = grad([convolved], [x, w, b], { gradOutputs: [g], createGraph: true });
  const second = grad([spread], [y, w, c], { gradOutputs: [h], createGraph: true });
  const penalty = grad(
    [
      (first[0] as Tensor)
        .mul(u)
        .sum()
        .add((second[0] as Tensor).square().sum()),
    ],
    [w, g, h],
  );
  return [convolved, ...first, spread, ...second, ...penalty];
}

/** @param rounding to what all numbers are rounded first */
function make(
  [count, from, to, size, padding, kernel, stride]: Case,
  dtype: "float32" | "float64" | "bfloat16",
  rounding: "float32" | "bfloat16" = "float32",
): Values {
  const random = new Random(from + to);
  const images = [count, from, ...size];
  const outputs = [count, to, ...size.map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1)];
  const shapes = {
    x: images,
    w: [to, from, kernel, kernel],
    b: [to],
    g: outputs,
    y: outputs,
    c: [from],
    h: images,
    u: images,
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      noise(random, shape).to({ dtype: rounding }).to({ dtype }).detach().requiresGrad_(),
    ]),
  ) as Values;
}

const plain = <T>(body: () => T): T => plainly(["winograd-convolution"], body);

for (const each of cases)
  for (const [dtype, tolerance] of [
    ["float64", 1e-10],
    ["float32", 3e-5],
  ] as const)
    test(`[${each.slice(0, 3)}], [${each[3]}], padding ${each[4]}, kernel ${each[5]}, stride ${each[6]}: in ${dtype} as the plain sum in float64`, () =>
      scope(() => {
        const expected = plain(() => everything(make(each, "float64"), each));
        const found = everything(make(each, dtype), each);
        for (const [i, value] of found.entries())
          assertClose(value.to({ dtype: "float64" }), expected[i] as Tensor, tolerance, `${i}`);
      }));

for (const each of cases)
  test(`[${each.slice(0, 3)}], [${each[3]}], padding ${each[4]}, kernel ${each[5]}, stride ${each[6]}: in bfloat16 the plain sum in float64, rounded`, () =>
    scope(() => {
      const expected = plain(() => everything(make(each, "float64", "bfloat16"), each));
      const found = plainly(["matrix-unit"], () => everything(make(each, "bfloat16", "bfloat16"), each));
      // Of the bias' gradients LibTorch's own sum, in bfloat16, is taken; the last three are made of what is rounded.
      for (const i of [0, 1, 2, 4, 5, 6]) assertRounded(found[i] as Tensor, expected[i] as Tensor, `${i}`);
    }));

testWith("avx2", import.meta.url);

test("it is what computes, unless it is switched off", { skip: withoutKernels }, () =>
  scope(() => {
    const { x, w, b } = make(cases[0], "float32");
    const convolve = () => torch.conv2d(x, w, b, [1, 1], [1, 1]).toNumbers();
    const expected = plain(convolve);
    assert.notDeepEqual(convolve(), expected);
    assert.deepEqual(plain(convolve), expected);
  }),
);

test("any number of threads gives the same bits", { skip: withoutKernels }, () =>
  scope(() => {
    for (const [each, dtype] of [
      [cases[4], "float32"],
      [cases[11], "float32"],
      [cases[10], "bfloat16"],
    ] as const) {
      const values = make(each, dtype);
      const found = [1, 2, 3].map((threads) => {
        setThreads(threads);
        return everything(values, each).map((value) => value.toNumbers());
      });
      setThreads(1);
      assert.deepEqual(found[1], found[0]);
      assert.deepEqual(found[2], found[0]);
    }
  }),
);

test("channels first and last give the same bits", { skip: withoutKernels }, () =>
  scope(() => {
    for (const [each, dtype] of [
      [cases[1], "float32"],
      [cases[7], "float64"],
      [cases[10], "float32"],
    ] as const) {
      const values = make(each, dtype);
      const { x, w, b, g, y, c, h } = values;
      const last = (tensor: Tensor) => tensor.contiguous({ memoryFormat: "channelsLast" });
      const made = (turned: (tensor: Tensor) => Tensor) => {
        const [convolved, spread] = maps({ ...values, x: turned(x), y: turned(y) }, each);
        return [
          ...grad([convolved], [x, w, b], { gradOutputs: [turned(g)] }),
          ...grad([spread], [y, w, c], { gradOutputs: [turned(h)] }),
        ].map((value) => value.toNumbers());
      };
      assert.deepEqual(
        made((tensor) => tensor),
        made(last),
      );
    }
  }),
);
