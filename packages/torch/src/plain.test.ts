import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, noGrad, scope, setThreads, type Tensor, torch } from "./index.js";
import { assertClose, assertGradients, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

/** Losses whose second derivatives are zeros that LibTorch gives without memory. */
const losses: Record<string, (y: Tensor) => Tensor> = {
  abs: (y) => y.abs().sum(null),
  l1Loss: (y) => y.l1Loss(y.zerosLike(), 1),
  "vectorNorm(1)": (y) => y.vectorNorm(1),
  "norm(1)": (y) => y.norm(1, []),
  relu: (y) => y.relu().sum(null),
  sign: (y) => y.sign().mul(y).sum(null),
};

const image = [2, 32, 4, 4];
const kernel = [32, 32, 3, 3];

/** Gantry's operators, of an image and a weight in float64, where their own kernels are used. */
const layers: Record<string, { shapes: [number[], number[]]; f: (x: Tensor, w: Tensor) => Tensor }> = {
  conv2d: { shapes: [image, kernel], f: (x, w) => torch.conv2d(x, w, null, [1, 1], [1, 1]) },
  "conv2d by oneDNN's": {
    shapes: [
      [2, 3, 5, 5],
      [2, 3, 3, 3],
    ],
    f: (x, w) => torch.conv2d(x, w, null, [2, 2], [1, 1]),
  },
  "conv2d of the whole image": { shapes: [image, [16, 32, 4, 4]], f: (x, w) => torch.conv2d(x, w) },
  convTranspose2d: {
    shapes: [image, [32, 32, 4, 4]],
    f: (x, w) => torch.convTranspose2d(x, w, null, [2, 2], [1, 1]),
  },
  linear: {
    shapes: [
      [3, 32],
      [32, 32],
    ],
    f: (x, w) => torch.linear(x, w),
  },
  maxout: {
    shapes: [
      [3, 32],
      [64, 32],
    ],
    f: (x, w) => torch.maxoutLinear(x, w, null, 2),
  },
  "batch norm": {
    shapes: [image, [32]],
    f: (x, w) => torch.activatedBatchNorm(x, w, null, null, null, true, 0.1, 1e-5, 0.2),
  },
  halve: { shapes: [image, image], f: (x, w) => torch.halve(x.mul(w)) },
  twice: { shapes: [image, image], f: (x, w) => torch.twice(x.mul(w)) },
  "bilinear twice": { shapes: [image, image], f: (x, w) => torch.twice(x.mul(w), true) },
  widen: { shapes: [kernel, kernel], f: (x, w) => torch.widen(x.mul(w)) },
};

for (const [name, { shapes, f }] of Object.entries(layers)) {
  test(`second derivatives of ${name} through losses that are lines are finite differences'`, () => {
    const random = new Random(3);
    for (const [what, loss] of Object.entries(losses))
      for (const first of [(t: Tensor) => t, (t: Tensor) => t.abs()])
        scope(() => {
          const inputs = shapes.map((shape) => noise(random, shape));
          // The penalty of a gradient, as R1 or WGAN-GP have it.
          const penalty = ([x, w]: readonly Tensor[]) => {
            const score = loss(f(first(x as Tensor), first(w as Tensor)));
            const [slope] = grad(score, [x as Tensor], { createGraph: true });
            return (slope as Tensor).square().sum(null);
          };
          assertGradients(penalty, inputs, random, { step: 1e-7, tolerance: 1e-5, what: `${name}, ${what}` });
        });
  });
}

test("a gradient that is known to be zero is a tensor like others", () =>
  scope(() => {
    const x = torch.tensor([-1, 2, 3], { requiresGrad: true });
    const [slope] = grad(x.abs().sum(null), [x], { createGraph: true });
    const [zero] = grad((slope as Tensor).sum(null), [x], { retainGraph: true });
    assert.deepEqual(zero?.toList(), [0, 0, 0]);
    assert.deepEqual(zero?.add_(1).toList(), [1, 1, 1]);
    const parameters = [torch.ones([3])];
    const moments = () => [torch.zeros([3])];
    const [none] = grad((slope as Tensor).sum(null), [x]);
    torch.adam_(parameters, [none as Tensor], moments(), moments(), [1e-3], [1], 0.9, 0.999, 1e-8, 0);
    assert.deepEqual(parameters[0]?.toList(), [1, 1, 1]);
  }));

test("an embedding's gradient as a list of rows is given as a tensor like others, before Gantry's operators and behind", () =>
  scope(() => {
    const random = new Random(7);
    const rows = torch.tensor([1, 1, 2], { dtype: "int64" });
    const [x, w] = [noise(random, [4, 32]), noise(random, [32, 32])].map((t) => t.requiresGrad_()) as [
      Tensor,
      Tensor,
    ];
    const gradients = (sparse: boolean) => {
      const table = torch.embedding(x, rows, -1, false, sparse);
      const made = torch.embedding(torch.linear(x, w), rows, -1, false, sparse);
      return grad(table.mul(made).sum(null), [x, w]);
    };
    const expected = gradients(false);
    for (const [i, gradient] of gradients(true).entries()) {
      assertClose(gradient, expected[i] as Tensor, 1e-12);
      noGrad(() => gradient.add_(1));
    }
  }));
