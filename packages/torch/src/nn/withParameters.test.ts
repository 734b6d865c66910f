import assert from "node:assert/strict";
import { test } from "node:test";
import { enableGrad, grad } from "../autograd.js";
import * as optim from "../optim/index.js";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import { type Tensor, tensor } from "../tensor.js";
import { checkGradient, normal } from "../testing/modules.js";
import * as nn from "./index.js";

setThreads(1);

/** The loss of a network after unrolled updates, as a function of its parameters before and of its input. */
function unrolled(net: nn.Layer, optimizer: optim.Optimizer, steps: number) {
  const { parameters } = optimizer;
  const loss = (values: readonly Tensor[], x: Tensor) =>
    nn.withParameters(parameters, values, () => net.forward(x).tanh().square().sum());
  return (x: Tensor, ...start: Tensor[]) =>
    enableGrad(() => {
      let values: readonly Tensor[] = start.map((value) =>
        value.requiresGrad ? value : value.requiresGrad_(),
      );
      let state: optim.OptimizerState | undefined;
      for (let i = 0; i < steps; i++) {
        const gradients = grad(loss(values, x), values, { createGraph: true });
        const next = optimizer.differentiable(values, gradients, state);
        values = next.parameters;
        state = next.state;
      }
      return loss(values, x);
    });
}

test("gradients flow through a step of SGD", () =>
  scope(() => {
    manualSeed(1);
    using net = new nn.Linear(3, 2).to({ dtype: "float64" });
    const sgd = new optim.SGD(net.parameters(), { learningRate: 0.3 });
    const start = net.parameters().map((p) => p.detach().clone());
    checkGradient(unrolled(net, sgd, 1), [normal(4, 3), ...start]);
    assert.deepEqual(
      net.parameters().map((p) => p.toNumbers()),
      start.map((p) => p.toNumbers()),
    );
  }));

test("gradients flow through three steps of Adam of a network with batch norm and spectral norm", () =>
  scope(() => {
    manualSeed(2);
    using net = new nn.Sequential(
      new nn.Conv2d(1, 2, { kernelSize: 2, spectralNorm: true }),
      new nn.BatchNorm2d(2),
      new nn.Tanh(),
      new nn.ConvTranspose2d(2, 1, { kernelSize: 2 }),
    ).to({ dtype: "float64" });
    (net.layers[0] as nn.Layer).eval(); // with u and v held, its gradient is exact
    const adam = new optim.Adam(net.parameters(), { learningRate: 0.05, betas: [0.5, 0.9], eps: 0.1 });
    checkGradient(unrolled(net, adam, 3), [
      normal(2, 1, 3, 3),
      ...net.parameters().map((p) => p.detach().clone()),
    ]);
  }));

test("parameters mean themselves again when the body throws", () =>
  scope(() => {
    using net = new nn.Linear(1, 1);
    const before = net.parameters().map((p) => p.item());
    const values = [tensor([[5]]), tensor([7])];
    assert.throws(
      () =>
        nn.withParameters(net.parameters(), values, () => {
          assert.equal(net.weight.item(), 5);
          throw new Error("from the body");
        }),
      /from the body/,
    );
    assert.deepEqual(
      net.parameters().map((p) => p.item()),
      before,
    );
    assert.deepEqual(
      values.map((v) => v.item()),
      [5, 7],
    );
    assert.throws(() => nn.withParameters(net.parameters(), [], () => 0), /0 values for 2 parameters/);
    assert.throws(
      () => nn.withParameters(net.parameters(), [tensor([1]), tensor([1])], () => 0),
      /does not have its parameter's shape/,
    );
  }));
