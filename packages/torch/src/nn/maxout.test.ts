import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, noGrad, scope, setThreads, type Tensor, torch } from "../index.js";
import { assertClose, noise } from "../testing/numeric.js";
import { Random } from "../testing/random.js";

setThreads(1);

test("the largest of every few, with its gradients, is that along a dimension", () =>
  scope(() => {
    const random = new Random(3);
    for (const dtype of ["float32", "float64"] as const)
      for (const [rows, units, pieces] of [
        [3, 1, 1],
        [2, 7, 5],
        [40, 33, 4],
        [1, 600, 2],
      ] as const) {
        const both = [
          (x: Tensor) => torch.maxout(x, pieces),
          (x: Tensor) => x.view([-1, units, pieces]).maxAlong(2)[0],
        ].map((largest) => {
          const x = noise(new Random(rows), [rows, units * pieces], dtype).requiresGrad_();
          const output = largest(x);
          const [first] = grad(output.pow(3).sum(), [x], { createGraph: true });
          return [output, first as Tensor, ...grad((first as Tensor).square().sum(), [x])];
        }) as [Tensor[], Tensor[]];
        for (const [i, value] of both[0].entries()) assertClose(value, both[1][i] as Tensor, 1e-6, `${i}`);
      }
    const odd = torch.tensor([[1, Number.NaN, 3, 2, 2, 1]]).requiresGrad_();
    const output = torch.maxout(odd, 3);
    assert.deepEqual(
      noGrad(() => output.toNumbers()),
      [Number.NaN, 2],
    );
    assert.deepEqual(grad(output.sum(), [odd])[0]?.toNumbers(), [0, 1, 0, 1, 0, 0]);
    assert.throws(() => torch.maxout(noise(random, [2, 5]), 2), /multiple of 2/);
    const half = torch.maxout(odd.detach().to({ dtype: "bfloat16" }), 2);
    assert.deepEqual(half.shape, [1, 3]);
  }));
