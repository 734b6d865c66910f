import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, scope, setThreads, type Tensor, torch } from "../index.js";
import { testWith, withoutKernels } from "../testing/instructions.js";
import { assertClose, noise } from "../testing/numeric.js";
import { Random } from "../testing/random.js";

setThreads(1);

type Linear = (input: Tensor, weight: Tensor, bias: Tensor | undefined) => Tensor;

const written: Linear = (input, weight, bias) => {
  const product = input.matmul(weight.transpose(0, 1));
  return bias === undefined ? product : product.add(bias);
};

/** The output, its gradients, and theirs. */
function everything(
  linear: Linear,
  [rows, inputs, outputs]: readonly [number, number, number],
  hasBias: boolean,
  dtype: "float32" | "float64",
): Tensor[] {
  const random = new Random(rows + inputs);
  const x = noise(random, [rows, inputs], dtype).requiresGrad_();
  const weight = noise(random, [outputs, inputs], dtype).requiresGrad_();
  const bias = hasBias ? noise(random, [outputs], dtype).requiresGrad_() : undefined;
  const all = [x, weight, ...(bias === undefined ? [] : [bias])];
  const output = linear(x, weight, bias);
  const first = grad(output.square().sum(), all, { createGraph: true });
  const penalty = first.map((value) => value.square().sum()).reduce((a, b) => a.add(b));
  return [output, ...first, ...grad(penalty, all)];
}

/** Rows, inputs, outputs: those that fill the kernels' blocks, and those that leave something over. */
const shapes = [
  [1, 1, 1],
  [3, 2, 16],
  [5, 16, 3],
  [13, 33, 50],
  [48, 64, 128],
  [100, 300, 145],
  [49, 17, 400],
] as const;

for (const shape of shapes)
  test(`[${shape}]: outputs, gradients and theirs are those of the product as it is written`, () =>
    scope(() => {
      for (const hasBias of [true, false]) {
        const expected = everything(written, shape, hasBias, "float64");
        const found = everything(torch.linear, shape, hasBias, "float64");
        assert.equal(found.length, expected.length);
        for (const [i, value] of found.entries())
          assertClose(value, expected[i] as Tensor, 1e-10, `${hasBias} ${i}`);
        for (const [i, value] of everything(torch.linear, shape, hasBias, "float32").entries()) {
          const scale = Math.max(1, (expected[i] as Tensor).abs().max().item());
          assertClose(
            value.to({ dtype: "float64" }).div(scale),
            (expected[i] as Tensor).div(scale),
            1e-5,
            `float32 ${i}`,
          );
        }
      }
    }));

test("matrices with gaps, turned around and repeated are read as they lie", () =>
  scope(() => {
    const random = new Random(1);
    const wide = noise(random, [40, 70]);
    const inputs = {
      "a part of another": wide.narrow(1, 3, 32),
      "turned around": noise(random, [32, 40]).transpose(0, 1),
      "one row, repeated": noise(random, [1, 32]).expand([40, 32]),
      "every other column": noise(random, [40, 32, 2]).select(2, 0),
    };
    const weight = noise(random, [48, 32]);
    for (const [what, input] of Object.entries(inputs)) {
      const leaf = weight.detach().clone().requiresGrad_();
      const [expected] = grad(written(input, leaf, undefined).square().sum(), [leaf]);
      assertClose(torch.linear(input, leaf), written(input, leaf, undefined), 1e-12, what);
      assertClose(
        grad(torch.linear(input, leaf).square().sum(), [leaf])[0] as Tensor,
        expected as Tensor,
        1e-10,
        what,
      );
    }
    const turned = noise(random, [32, 48]).transpose(0, 1);
    assertClose(
      torch.linear(wide.narrow(1, 0, 32), turned),
      written(wide.narrow(1, 0, 32), turned, undefined),
      1e-12,
    );
    // A gradient that is one number everywhere.
    const x = noise(random, [40, 32]).requiresGrad_();
    const [found] = grad(torch.linear(x, weight).sum(), [x]);
    assertClose(found as Tensor, weight.sum(0).expand([40, 32]), 1e-12);
  }));

test("any number of threads gives the same bits", { skip: withoutKernels }, () =>
  scope(() => {
    const compute = () => everything(torch.linear, [130, 260, 300], true, "float32");
    const alone = compute();
    setThreads(2);
    try {
      for (const [i, value] of compute().entries()) assertClose(value, alone[i] as Tensor, 0, `${i}`);
    } finally {
      setThreads(1);
    }
  }),
);

test("other numbers of dimensions and other types are LibTorch's", () =>
  scope(() => {
    const random = new Random(2);
    const [input, weight] = [noise(random, [2, 3, 32]), noise(random, [16, 32])];
    assertClose(torch.linear(input, weight), input.matmul(weight.transpose(0, 1)), 1e-12);
    assertClose(
      torch.linear(input.select(0, 0).select(0, 0), weight),
      weight.matmul(input.select(0, 0).select(0, 0)),
      1e-12,
    );
    assert.equal(torch.linear(noise(random, [0, 32]), weight).size(0), 0);
    const half = torch.linear(input.select(0, 0).to({ dtype: "bfloat16" }), weight.to({ dtype: "bfloat16" }));
    assert.equal(half.dtype, "bfloat16");
    assert.throws(() => torch.linear(noise(random, [2, 3]), weight), /gantry::linear/);
    assert.throws(() => torch.linear(noise(random, [2, 32]), weight, noise(random, [5])), /gantry::linear/);
  }));

for (const each of ["avx2", "default"] as const) testWith(each, import.meta.url);
