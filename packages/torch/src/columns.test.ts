import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, torch } from "./index.js";
import { assertClose, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

/** Convolutions whose outputs have 1, 4 and 16 places, of enough channels: batch, from, to, size, kernel, stride, padding. */
const cases = [
  [3, 32, 48, [4, 4], 4, 4, 0],
  [2, 32, 64, [7, 7], 5, 2, 0],
  [2, 48, 32, [4, 5], 3, 2, 1],
  [2, 32, 32, [8, 8], 4, 2, 1],
  [1, 64, 32, [2, 2], 3, 1, 1],
  [2, 32, 32, [3, 2], 5, 1, 2],
] as const;

/** Of a convolution and of a transposed one: outputs, and gradients by input, weight and bias. */
function ours(values: readonly Tensor[], stride: number, padding: number): Tensor[] {
  const [x, w, b, g, y, c, h] = values as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  const size = [x.size(2), x.size(3)].map(
    (side, d) => side - ((g.size(d + 2) - 1) * stride - 2 * padding + w.size(d + 2)),
  );
  const convolved = torch.conv2d(x, w, b, [stride, stride], [padding, padding]);
  const spread = torch.convTranspose2d(y, w, c, [stride, stride], [padding, padding], size);
  return [
    convolved,
    ...grad([convolved], [x, w, b], { gradOutputs: [g] }),
    spread,
    ...grad([spread], [y, w, c], { gradOutputs: [h] }),
  ];
}

for (const [batch, from, to, size, kernel, stride, padding] of cases) {
  const out = size.map((side) => Math.floor((side + 2 * padding - kernel) / stride) + 1);
  for (const [dtype, tolerance] of [
    ["float32", 2e-6],
    ["bfloat16", 1e-2],
  ] as const) {
    test(`${from} to ${to} channels, [${size}] to [${out}] with kernel ${kernel}: ${dtype} as float64`, () =>
      scope(() => {
        const random = new Random(kernel);
        const images = [batch, from, ...size];
        const outputs = [batch, to, ...out];
        // The same numbers for both, which bfloat16 can hold.
        const values = [images, [to, from, kernel, kernel], [to], outputs, outputs, [from], images].map(
          (shape) => noise(random, shape).to({ dtype: "bfloat16" }),
        );
        const as = (type: "float64" | typeof dtype) =>
          ours(
            values.map((value) => value.to({ dtype: type }).detach().requiresGrad_()),
            stride,
            padding,
          );
        const expected = as("float64");
        for (const [i, value] of as(dtype).entries())
          assertClose(value.to({ dtype: "float64" }), expected[i] as Tensor, tolerance, `${i}`);
      }));
  }
}
