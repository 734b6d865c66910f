import { test } from "node:test";
import { enableGrad, grad } from "../autograd.js";
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
