import assert from "node:assert/strict";
import { test } from "node:test";
import { enableGrad, grad } from "../autograd.js";
import { functions as torch } from "../ops_gen.js";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import type { Tensor } from "../tensor.js";
import { checkGradient, normal } from "../testing/modules.js";
import * as nn from "./index.js";

setThreads(1);

/** The squared norm of a layer's gradients by input and parameters, as a gradient penalty takes it. */
const penalty =
  (layer: nn.Layer) =>
  (...inputs: Tensor[]) =>
    enableGrad(() => {
      for (const input of inputs) if (!input.requiresGrad) input.requiresGrad_();
      const [x, ...values] = inputs as [Tensor, ...Tensor[]];
      const output = nn.withParameters(layer.parameters(), values, () => layer.forward(x).tanh().sum());
      const gradients = grad(output, inputs, { createGraph: true });
      return gradients.map((gradient) => gradient.square().sum()).reduce((a, b) => a.add(b));
    });

for (const [name, build, shape] of [
  ["Conv2d", () => new nn.Conv2d(2, 3, { kernelSize: 3, stride: 2, padding: 1 }), [2, 2, 4, 3]],
  [
    "ConvTranspose2d",
    () => new nn.ConvTranspose2d(2, 3, { kernelSize: 4, stride: 2, padding: 1 }),
    [2, 2, 2, 2],
  ],
  [
    "ConvTranspose2d with output padding",
    () =>
      new nn.ConvTranspose2d(2, 2, { kernelSize: 3, stride: 2, padding: 1, outputPadding: 1, bias: false }),
    [1, 2, 2, 3],
  ],
  ["BatchNorm2d in training", () => new nn.BatchNorm2d(2), [2, 2, 2, 2]],
  ["Linear", () => new nn.Linear(3, 2), [2, 3]],
] as const) {
  test(`${name} differentiates twice`, () =>
    scope(() => {
      manualSeed(1);
      using layer = build().to({ dtype: "float64" });
      checkGradient(
        penalty(layer),
        [normal(...shape), ...layer.parameters().map((p) => p.detach().clone())],
        {
          tolerance: 1e-6,
        },
      );
    }));
}

test("groups: each part of the outputs is a convolution of its part of the inputs, gradients too", () =>
  scope(() => {
    manualSeed(2);
    for (const [build, rows] of [
      [() => new nn.Conv2d(4, 6, { kernelSize: 3, stride: 2, padding: 1, groups: 2 }), 0],
      [() => new nn.ConvTranspose2d(4, 6, { kernelSize: 4, stride: 2, padding: 1, groups: 2 }), 1],
    ] as const) {
      using layer = build().to({ dtype: "float64" });
      const [weight, bias] = layer.parameters() as unknown as [Tensor, Tensor];
      // As PyTorch has them: (out, in / groups, ...) of a convolution, (in, out / groups, ...) of a transposed one.
      assert.deepEqual(weight.shape.slice(0, 2), rows === 0 ? [6, 2] : [4, 3]);
      const input = normal(2, 4, 6, 5).requiresGrad_();
      const parts = input.chunk(2, 1).map((part, group) => {
        const [w, b] = [weight.chunk(2, 0)[group] as Tensor, bias.chunk(2, 0)[group] as Tensor];
        return rows === 0 ? torch.conv2d(part, w, b, 2, 1) : torch.convTranspose2d(part, w, b, 2, 1);
      });
      const [found, expected] = [layer.forward(input), torch.cat(parts, 1)];
      assert.ok(found.sub(expected).abs().max().item() < 1e-12);
      const by = [input, weight, bias];
      const gradients = grad(found.tanh().sum(null), by);
      for (const [i, gradient] of grad(expected.tanh().sum(null), by).entries())
        assert.ok((gradients[i] as Tensor).sub(gradient).abs().max().item() < 1e-12);
    }
    for (const groups of [0, 3, 1.5])
      assert.throws(() => new nn.Conv2d(4, 6, { kernelSize: 3, groups }), /cannot be parted into/);
    assert.throws(
      () => torch.conv2d(normal(1, 4, 5, 5), normal(6, 2, 3, 3), null, 1, 1, 4),
      /conv2d: 6 channels cannot be parted into 4 groups/,
    );
  }));
