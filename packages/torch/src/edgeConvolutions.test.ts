import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, torch } from "./index.js";
import { testWith } from "./testing/instructions.js";
import { assertClose, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

/** Convolutions as at a network's two ends: batch, channels in and out, size, padding, kernel, stride. */
const cases = [
  // A kernel as large as the image.
  [3, 10, 20, [4, 4], 0, 4, 1],
  [5, 64, 1, [3, 3], 0, 3, 2],
  [1, 1, 32, [2, 2], 0, 2, 1],
  [4, 48, 100, [4, 4], 0, 4, 4],
  // Few channels.
  [2, 3, 32, [8, 8], 1, 4, 2],
  [2, 1, 48, [7, 9], 2, 5, 2],
  [3, 6, 32, [6, 6], 1, 3, 1],
  [1, 15, 40, [9, 8], 0, 3, 2],
  [2, 3, 64, [5, 5], 0, 2, 3],
] as const;
type Case = (typeof cases)[number];

type Convolve = (input: Tensor, weight: Tensor, bias: Tensor, transposed: boolean, rest: number[]) => Tensor;

const ours =
  ([, , , , padding, , stride]: Case): Convolve =>
  (input, weight, bias, transposed, rest) => {
    const [strides, paddings] = [
      [stride, stride],
      [padding, padding],
    ];
    return transposed
      ? torch.convTranspose2d(input, weight, bias, strides, paddings, rest)
      : torch.conv2d(input, weight, bias, strides, paddings);
  };

const libTorchs =
  ([, , , , padding, , stride]: Case): Convolve =>
  (input, weight, bias, transposed, rest) =>
    torch.convolution(
      ...([input, weight, bias] as const),
      ...([[stride, stride], [padding, padding], [1, 1], transposed, rest, 1] as const),
    );

/** Of a convolution and of a transposed one: outputs, gradients, and gradients of a function of the gradients. */
function everything(
  convolve: Convolve,
  [count, from, to, size, padding, kernel, stride]: Case,
  dtype: "float64" | "float32" | "bfloat16",
  channelsLast: boolean,
): Tensor[] {
  const random = new Random(from + to);
  const images = [count, from, ...size];
  const places = size.map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1);
  const rest = size.map((side, d) => side - (((places[d] as number) - 1) * stride - 2 * padding + kernel));
  // The same numbers for all types: those that bfloat16 can hold.
  const make = (shape: readonly number[]) => {
    const made = noise(random, shape).to({ dtype: "bfloat16" }).to({ dtype });
    const laid =
      channelsLast && shape.length === 4 ? made.contiguous({ memoryFormat: "channelsLast" }) : made;
    return laid.detach().requiresGrad_();
  };
  const x = make(images);
  const w = make([to, from, kernel, kernel]);
  const y = make([count, to, ...places]);
  const [b, c] = [make([to]), make([from])];
  const convolved = convolve(x, w, b, false, [0, 0]);
  const spread = convolve(y, w, c, true, rest);
  const outputs = [convolved, spread];
  const all = [x, w, b, y, c];
  const gradients = grad(outputs, all, { gradOutputs: [y, x], createGraph: true });
  if (dtype === "bfloat16") return [...outputs, ...gradients];
  const penalty = gradients.map((value) => value.square().mean()).reduce((a, b) => a.add(b));
  return [...outputs, ...gradients, ...grad(penalty, [x, w, y])];
}

for (const each of cases) {
  const [count, from, to, size, padding, kernel, stride] = each;
  const named = `${count} of ${from} to ${to} channels, [${size}], kernel ${kernel}, stride ${stride}, padding ${padding}`;
  for (const channelsLast of [false, true])
    test(`${named}${channelsLast ? ", channels last" : ""}: as LibTorch's in float64, and so are gradients and theirs`, () =>
      scope(() => {
        const expected = everything(libTorchs(each), each, "float64", channelsLast);
        for (const [dtype, tolerance] of [
          ["float64", 1e-11],
          ["float32", 1e-5],
          ["bfloat16", 2e-2],
        ] as const)
          for (const [i, value] of everything(ours(each), each, dtype, channelsLast).entries())
            assertClose(value.to({ dtype: "float64" }), expected[i] as Tensor, tolerance, `${dtype} ${i}`);
      }));
}

testWith("avx2", import.meta.url);
testWith("default", import.meta.url);
