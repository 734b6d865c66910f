import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, torch } from "../index.js";
import { testWith } from "../testing/instructions.js";
import { assertClose, noise } from "../testing/numeric.js";
import { plainly } from "../testing/plainly.js";
import { Random } from "../testing/random.js";
import * as nn from "./index.js";

setThreads(1);

const plain = <T>(body: () => T): T => plainly(["resampling"], body);

const ways = {
  halved: new nn.AvgPool2d(2),
  "at twice the size": new nn.Upsample(),
  "interpolated to twice the size": new nn.Upsample({ mode: "bilinear" }),
};

/** The output, its gradient, and the gradient of a function of the gradient. */
function everything(way: nn.Layer, input: Tensor): Tensor[] {
  const x = input.detach().requiresGrad_();
  const output = way.forward(x.mul(1));
  const g = noise(new Random(7), output.shape).to({ dtype: x.dtype }).requiresGrad_();
  const first = grad([output], [x], { gradOutputs: [g], createGraph: true })[0] as Tensor;
  return [output, first, ...grad([first.square().sum()], [g])];
}

for (const [name, way] of Object.entries(ways))
  for (const [dtype, tolerance] of [
    ["float64", 1e-12],
    ["float32", 1e-6],
    ["bfloat16", 0.02],
  ] as const)
    test(`images ${name} in ${dtype}: as LibTorch's operators in float64`, () =>
      scope(() => {
        // Channels that kernels of ours take and that they do not, and sizes that are even and that are not.
        for (const shape of [
          [3, 32, 6, 10],
          [2, 48, 2, 2],
          [2, 16, 5, 4],
          [2, 3, 4, 6],
        ])
          for (const memoryFormat of ["contiguous", "channelsLast"] as const) {
            const rounded = noise(new Random(shape[1] as number), shape).to({ dtype: "bfloat16" });
            const expected = plain(() => everything(way, rounded.to({ dtype: "float64" })));
            const found = everything(way, rounded.to({ dtype }).contiguous({ memoryFormat }));
            for (const [i, value] of found.entries())
              assertClose(
                value.to({ dtype: "float64" }),
                expected[i] as Tensor,
                tolerance,
                `[${shape}] ${i}`,
              );
          }
      }));

test("other windows and scales are LibTorch's", () =>
  scope(() => {
    const input = noise(new Random(1), [1, 16, 6, 6]);
    assertClose(new nn.AvgPool2d(3).forward(input), input.avgPool2d(3), 0);
    assertClose(new nn.AvgPool2d(2, { stride: 1 }).forward(input), input.avgPool2d(2, 1), 0);
    assert.deepEqual(new nn.Upsample({ scale: 3 }).forward(input).shape, [1, 16, 18, 18]);
    assert.throws(() => torch.halve(torch.ones([2, 2])), /N,C,H,W/);
  }));

for (const each of ["avx2", "default"] as const) testWith(each, import.meta.url);
