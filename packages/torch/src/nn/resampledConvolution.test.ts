import assert from "node:assert/strict";
import { test } from "node:test";
import { autocast, grad, scope, setThreads, type Tensor, TorchError, torch } from "../index.js";
import { native } from "../native.js";
import { assertClose, assertGradients, noise } from "../testing/numeric.js";
import { Random } from "../testing/random.js";
import * as nn from "./index.js";

setThreads(1);

type Resampling = Extract<nn.RewriteName, "pooled-convolution" | "upsampled-convolution">;

const forms: Record<Resampling, (convolution: nn.Conv2d, input: Tensor) => Tensor> = {
  "pooled-convolution": nn.pooledConvolution,
  "upsampled-convolution": (convolution, input) =>
    nn.upsampledConvolution(new nn.Upsample({ mode: "nearest" }), convolution, input),
};

/** The output, its gradients, and the gradients of a gradient penalty: what training takes of a layer. */
function everything(form: (input: Tensor) => Tensor, convolution: nn.Conv2d, input: Tensor): Tensor[] {
  const output = form(input);
  const direction = noise(new Random(3), output.shape);
  const wanted = [input, ...convolution.parameters()];
  const first = grad(output.mul(direction).tanh().sum(), wanted, { createGraph: true });
  const penalty = first.map((gradient) => gradient.square().sum()).reduce((a, b) => a.add(b));
  return [output, ...first, ...grad(penalty, wanted)];
}

for (const name of Object.keys(forms) as Resampling[]) {
  for (const spectralNorm of [false, true]) {
    test(`${name} equals the plain form in float64${spectralNorm ? ", under spectral norm" : ""}`, () =>
      scope(() => {
        using convolution = new nn.Conv2d(3, 5, { kernelSize: 3, padding: 1, spectralNorm })
          .to({ dtype: "float64" })
          .eval();
        for (const [height, width] of [
          [8, 6],
          [2, 2],
          [4, 10],
        ] as const) {
          const input = noise(new Random(height), [2, 3, height, width]).requiresGrad_();
          const form = (x: Tensor) => forms[name](convolution, x);
          const rewritten = everything(form, convolution, input);
          nn.computePlainly([name]);
          const plain = everything(form, convolution, input);
          nn.computePlainly([]);
          for (const [i, value] of rewritten.entries()) assertClose(value, plain[i] as Tensor, 1e-10, `${i}`);
        }
      }));
  }

  test(`${name} leaves alone what it does not fit: other kernels, strides, paddings, and bfloat16 where a matrix unit is switched off`, () =>
    scope(() => {
      for (const options of [
        { kernelSize: 1 },
        { kernelSize: 3 },
        { kernelSize: 3, padding: 1, stride: 2 },
        { kernelSize: 5, padding: 2 },
      ]) {
        using convolution = new nn.Conv2d(2, 2, options).to({ dtype: "float64" });
        const input = noise(new Random(1), [1, 2, 8, 8]);
        const rewritten = forms[name](convolution, input);
        nn.computePlainly([name]);
        const plain = forms[name](convolution, input);
        nn.computePlainly([]);
        assertClose(rewritten, plain, 0, JSON.stringify(options));
      }
      using convolution = new nn.Conv2d(16, 16, { kernelSize: 3, padding: 1 });
      const input = noise(new Random(1), [1, 16, 8, 8], "float32");
      const without = (...names: nn.RewriteName[]) => {
        nn.computePlainly(names);
        return autocast("bfloat16", () => forms[name](convolution, input));
      };
      assertClose(
        without("matrix-unit"),
        without("matrix-unit", name),
        native.hasMatrixUnit() ? 0 : 0.01,
        "bfloat16 without the matrix unit",
      );
      assertClose(without(), without(name), 0.01, "bfloat16");
      nn.computePlainly([]);
    }));
}

test("an odd size is pooled as it is written", () =>
  scope(() => {
    using convolution = new nn.Conv2d(2, 2, { kernelSize: 3, padding: 1 });
    assert.deepEqual(nn.pooledConvolution(convolution, torch.ones([1, 2, 5, 5])).shape, [1, 2, 2, 2]);
  }));

test("a rewrite that is none is refused by name", () => {
  assert.throws(() => nn.computePlainly(["winograd"]), TorchError);
});

test("a widened kernel is the means of the kernel beside itself, and turned around that of a transposed convolution", () =>
  scope(() => {
    const random = new Random(8);
    for (const dtype of ["float64", "float32", "bfloat16"] as const) {
      const kernel = noise(random, [5, 3, 3, 3]).to({ dtype });
      const means = kernel.avgPool2d(2, 1, 1);
      const tolerance = { float64: 1e-15, float32: 1e-6, bfloat16: 0.02 }[dtype];
      assertClose(torch.widen(kernel), means, tolerance, dtype);
      assertClose(torch.widen(kernel, true), means.mul(4).flip([2, 3]).transpose(0, 1), tolerance, dtype);
    }
    for (const turned of [false, true]) {
      const slopes = ([kernel]: readonly Tensor[]) =>
        torch
          .widen(kernel as Tensor, turned)
          .pow(3)
          .sum();
      assertGradients(slopes, [noise(random, [5, 3, 3, 3])], random);
      assertGradients(
        (inputs) => {
          const [gradient] = grad(slopes(inputs), [...inputs], { createGraph: true }) as [Tensor];
          return gradient.square().sum();
        },
        [noise(random, [2, 3, 3, 3])],
        random,
      );
    }
    const kernel = torch.randn([2, 2, 3, 3]);
    assert.equal(autocast("bfloat16", () => torch.widen(kernel)).dtype, "float32");
    assert.throws(() => torch.widen(torch.randn([2, 2, 5, 5])), /made, channels, 3, 3/);
  }));
