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

/** Sides of a map, channels in and out: small maps of many channels, and what LibTorch computes. */
for (const [size, from, to] of [
  [7, 32, 48],
  [6, 3, 5],
] as const)
  for (const dtype of ["float32", "float64"] as const)
    test(`padding of each side: ${from} to ${to} channels in ${dtype}, as images that are padded or cropped`, () =>
      scope(() => {
        const random = new Random(size);
        const [top, left, bottom, right] = [1, 0, 2, 3];
        const images = [2, from, size, size];
        const places = [
          Math.floor((size + top + bottom - 5) / 2) + 1,
          Math.floor((size + left + right - 5) / 2) + 1,
        ];
        // Sides that the outputs fill to the last sample: a transposed convolution makes no more.
        const filled = [2 * places[0]! + 3 - top - bottom, 2 * places[1]! + 3 - left - right];
        const made = (shape: readonly number[]) =>
          noise(random, shape).to({ dtype: "float32" }).to({ dtype }).detach().requiresGrad_();
        const x = made(images);
        const w = made([to, from, 5, 5]);
        const g = noise(random, [2, to, ...places]).to({ dtype });
        const y = made([2, to, ...places]);
        const h = noise(random, [2, from, ...filled]).to({ dtype });
        const wide = (image: Tensor) => image.constantPadNd([left, right, top, bottom]);
        const narrow = (image: Tensor) => image.narrow(2, top, filled[0]!).narrow(3, left, filled[1]!);
        const of = (convolved: Tensor, spread: Tensor) => [
          convolved,
          spread,
          ...grad([convolved], [x, w], { gradOutputs: [g] }),
          ...grad([spread], [y, w], { gradOutputs: [h] }),
        ];
        const found = of(
          torch.conv2d(x, w, undefined, [2, 2], [top, left, bottom, right]),
          torch.convTranspose2d(y, w, undefined, [2, 2], [top, left, bottom, right]),
        );
        const expected = of(
          torch.convolution(wide(x), w, undefined, [2, 2], [0, 0], [1, 1], false, [0, 0], 1),
          narrow(torch.convolution(y, w, undefined, [2, 2], [0, 0], [1, 1], true, [0, 0], 1)),
        );
        const tolerance = dtype === "float64" ? 1e-12 : 5e-6;
        for (const [i, value] of found.entries())
          assertClose(value, expected[i] as Tensor, tolerance, `${i}`);
      }));
