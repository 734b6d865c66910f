// The steps themselves are compared with PyTorch's in layers.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { autocast } from "../autocast.js";
import { noGrad } from "../autograd.js";
import { functions as torch } from "../ops_gen.js";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import type { Tensor } from "../tensor.js";
import { assertClose, checkGradient, normal } from "../testing/modules.js";
import * as nn from "./index.js";

setThreads(1);

test("sigma approaches the largest singular value", () =>
  scope(() => {
    using linear = new nn.Linear(6, 5, { spectralNorm: true, bias: false }).to({ dtype: "float64" });
    const identity = torch.eye(6, { dtype: "float64" });
    for (let i = 0; i < 300; i++) scope(() => noGrad(() => linear.forward(identity)));
    const [, singular] = torch.linalgSvd(linear.eval().forward(identity));
    assertClose([singular.max().item()], [1], 1e-6);
  }));

test("u and v move in training only, and a forward keeps what an earlier one saved", () =>
  scope(() => {
    using layer = new nn.Conv2d(2, 3, { kernelSize: 2, spectralNorm: true });
    const input = torch.randn([1, 2, 3, 3]);
    const u = layer.weightU as nn.Buffer;
    const first = u.toNumbers();
    layer.eval().forward(input);
    assert.deepEqual(u.toNumbers(), first);
    layer.train().forward(input);
    assert.notDeepEqual(u.toNumbers(), first);
    assert.equal(layer.weightU, u);
    assert.ok(!u.requiresGrad);
  }));

test("gradients through spectral norm are the finite differences, u and v held", () =>
  scope(() => {
    manualSeed(1);
    for (const [build, shape] of [
      [() => new nn.Linear(4, 3, { spectralNorm: true }), [2, 4]],
      [() => new nn.Conv2d(2, 3, { kernelSize: 2, spectralNorm: true }), [1, 2, 3, 3]],
      [() => new nn.ConvTranspose2d(4, 2, { kernelSize: 2, spectralNorm: true }), [1, 4, 2, 2]],
    ] as const) {
      using layer = build().to({ dtype: "float64" }).eval();
      checkGradient(
        (weight, x) =>
          nn.withParameters([layer.weight], [weight as Tensor], () =>
            layer
              .forward(x as Tensor)
              .tanh()
              .square()
              .sum(),
          ),
        [layer.weight.detach().clone(), normal(...shape)],
      );
    }
  }));

test("under autocast the vectors stay in float32", () =>
  scope(() => {
    using layer = new nn.Linear(8, 8, { spectralNorm: true });
    const output = autocast("bfloat16", () => layer.forward(torch.randn([2, 8])));
    assert.equal(output.dtype, "bfloat16");
    assert.equal(layer.weightU?.dtype, "float32");
    assert.equal(layer.weightV?.dtype, "float32");
  }));
