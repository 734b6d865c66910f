import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, noGrad, scope, setThreads, type Tensor, torch } from "../index.js";
import { testWith } from "../testing/instructions.js";
import { assertClose, noise } from "../testing/numeric.js";
import { plainly } from "../testing/plainly.js";
import { Random } from "../testing/random.js";
import * as nn from "./index.js";

setThreads(1);

/** Layers of which a convolution's input is not kept, but made again from what a batch norm keeps. */
const chains: Record<string, () => nn.Layer[]> = {
  convolution: () => [
    new nn.BatchNorm2d(32),
    new nn.LeakyReLU(0.2),
    new nn.Conv2d(32, 16, { kernelSize: 3, padding: 1 }),
  ],
  "transposed convolution": () => [
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.ConvTranspose2d(32, 16, { kernelSize: 4, stride: 2, padding: 1 }),
  ],
  "convolution behind an interpolation": () => [
    new nn.BatchNorm2d(32),
    new nn.ReLU(),
    new nn.Upsample({ mode: "bilinear" }),
    new nn.Conv2d(32, 16, { kernelSize: 3, padding: 1 }),
  ],
};

/** With parameters of their own, and in float64 or float32. */
function made(layers: readonly nn.Layer[], dtype: "float32" | "float64"): nn.Sequential {
  const chain = new nn.Sequential(...layers);
  if (dtype === "float64") chain.to({ dtype });
  const random = new Random(3);
  noGrad(() => {
    for (const parameter of chain.parameters()) parameter.copy_(noise(random, parameter.shape, dtype));
  });
  return chain;
}

function inputs(chain: nn.Sequential, dtype: "float32" | "float64") {
  const random = new Random(4);
  const image = noise(random, [4, 32, 6, 4], dtype)
    .contiguous({ memoryFormat: "channelsLast" })
    .requiresGrad_();
  return { image, all: [image, ...chain.parameters()] };
}

for (const [name, layers] of Object.entries(chains)) {
  const everything = (): Tensor[] => {
    const chain = made(layers(), "float64");
    const { image, all } = inputs(chain, "float64");
    const output = chain.forward(image.mul(1));
    const first = grad(output.square().sum(), all, { createGraph: true });
    const second = grad(
      first.map((value) => value.square().sum()).reduce((a, b) => a.add(b)),
      all,
      {
        allowUnused: true,
      },
    );
    return [output, ...first, ...second.filter((value) => value !== undefined), ...chain.buffers()];
  };

  test(`${name}: gradients, and gradients of gradients, are those of what is kept`, () =>
    scope(() => {
      const expected = plainly(["activated-batch-norm", "resampling"], everything);
      const found = everything();
      assert.equal(found.length, expected.length);
      for (const [i, value] of found.entries()) assertClose(value, expected[i] as Tensor, 1e-10, `${i}`);
    }));

  test(`${name}: made again, it has the bits it had, and the statistics move once`, () =>
    scope(() => {
      const chain = made(layers(), "float32");
      const { image, all } = inputs(chain, "float32");
      const [norm] = chain.layers as [nn.BatchNorm2d];
      const loss = chain.forward(image).square().sum();
      const means = norm.runningMean.clone();
      const whole = grad(loss, all);
      assertClose(norm.runningMean, means, 0);
      // The same with the convolution's input as a tensor of its own, which it keeps.
      const weights = chain.layers.at(-1) as nn.Layer;
      const before = new nn.Sequential(...chain.layers.slice(0, -1)).forward(image);
      const leaf = before.detach().requiresGrad_();
      const output = weights.forward(leaf);
      const [ofLeaf, ...ofWeights] = grad(output.square().sum(), [leaf, ...weights.parameters()]);
      const ofNorm = grad([before], [image, ...norm.parameters()], { gradOutputs: [ofLeaf as Tensor] });
      for (const [i, value] of [...ofNorm, ...ofWeights].entries())
        assertClose(whole[i] as Tensor, value, 0, `gradient ${i}`);
    }));
}

test("a gradient that somebody else knows is not written over", () =>
  scope(() => {
    const random = new Random(6);
    const image = noise(random, [3, 16, 5, 4], "float32").requiresGrad_();
    const norm = new nn.BatchNorm2d(16);
    const output = norm.forward(image.contiguous({ memoryFormat: "channelsLast" }));
    const given = noise(random, output.shape, "float32").contiguous({ memoryFormat: "channelsLast" });
    const copy = given.clone();
    const [first] = grad([output], [image], { gradOutputs: [given], retainGraph: true });
    assertClose(given, copy, 0);
    // Of a tensor on the way, and of one whose gradient goes two ways.
    const both = output.mul(2).add(output.mul(3));
    const [onTheWay, second] = grad([both], [output, image], { gradOutputs: [given] });
    assertClose(onTheWay as Tensor, copy.mul(5), 1e-6);
    assertClose(second as Tensor, (first as Tensor).mul(5), 1e-5);
    assertClose(given, copy, 0);
  }));

test("layers one after the other free what they pass on, but not what is kept", () =>
  scope(() => {
    const seen: Tensor[] = [];
    class Recorder extends nn.Layer {
      forward(input: Tensor): Tensor {
        seen.push(input);
        return input;
      }
    }
    const linear = new nn.Linear(3, 3);
    const chain = new nn.Sequential(new Recorder(), linear, new Recorder(), new nn.ReLU(), new Recorder());
    const input = torch.tensor([[1, -2, 3]]);
    const output = chain.forward(input);
    assert.deepEqual(
      seen.map((tensor) => tensor.isLive),
      [true, false, true],
    );
    assertClose(output, linear.forward(input).relu(), 0);
    const inPlace = new nn.Sequential(linear, new nn.LeakyReLU(0.1)).forward(input);
    assertClose(inPlace, linear.forward(input).leakyRelu(0.1), 0);
  }));

for (const each of ["avx2", "default"] as const) testWith(each, import.meta.url);
