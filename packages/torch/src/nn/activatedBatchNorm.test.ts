import assert from "node:assert/strict";
import { test } from "node:test";
import { type DType, grad, noGrad, scope, setThreads, type Tensor } from "../index.js";
import { instructions, testWith, withoutKernels } from "../testing/instructions.js";
import { assertClose, noise } from "../testing/numeric.js";
import { plainly } from "../testing/plainly.js";
import { Random } from "../testing/random.js";
import * as nn from "./index.js";

setThreads(1);

const plain = <T>(body: () => T): T => plainly(["activated-batch-norm"], body);

/** Shapes with rows that fill blocks and that do not; the last has channels that no kernel of ours takes. */
const shapes = [
  [5, 16],
  [70, 48],
  [3, 32, 10, 11],
  [5, 16, 1, 1],
  [4, 80, 3, 2],
  [6, 5, 4, 4],
] as const;

/** Output, running statistics, and gradients by input, weight and bias; twice with new weights, to move the statistics. */
function everything(shape: readonly number[], slope: number, dtype: DType, affine: boolean, last: boolean) {
  const random = new Random(shape[1] as number);
  /** Numbers that every type can hold. */
  const make = (of: readonly number[], scale = 1, shift = 0) =>
    noise(random, of).mul(scale).add(shift).to({ dtype: "bfloat16" }).to({ dtype });
  const Norm = shape.length === 4 ? nn.BatchNorm2d : nn.BatchNorm1d;
  const norm = new Norm(shape[1] as number, { affine });
  if (dtype === "float64") norm.to({ dtype });
  noGrad(() => {
    for (const parameter of norm.parameters()) parameter.copy_(make(parameter.shape, 1, 0.5));
  });
  const found: Tensor[] = [];
  for (const shift of [0, 3]) {
    const x = make(shape, 2, shift);
    const input = (last ? x.contiguous({ memoryFormat: "channelsLast" }) : x).detach().requiresGrad_();
    const output = norm.activated(input, slope);
    const g = make(shape);
    found.push(output, ...grad([output], [input, ...norm.parameters()], { gradOutputs: [g] }));
  }
  return [...found, norm.runningMean, norm.runningVar];
}

const asDouble = (tensor: Tensor) => tensor.to({ dtype: "float64" });

for (const shape of shapes)
  for (const [dtype, tolerance] of [
    ["float64", 1e-10],
    ["float32", 1e-5],
    ["bfloat16", 0.02],
  ] as const)
    test(`[${shape}] in ${dtype}: as LibTorch's operators in float64`, () =>
      scope(() => {
        // With less precision than float64 a number falls on the other side of zero now and then.
        for (const slope of dtype === "float64" ? [1, 0, 0.2] : [1])
          for (const affine of [true, false]) {
            const last = shape.length === 4 && affine;
            const expected = plain(() => everything(shape, slope, "float64", affine, last));
            const found = everything(shape, slope, dtype, affine, last);
            for (const [i, value] of found.entries())
              assertClose(asDouble(value), expected[i] as Tensor, tolerance, `${slope} ${affine} ${i}`);
          }
      }));

test("in float32 and bfloat16 the activation is that of what is normalised", () =>
  scope(() => {
    for (const dtype of ["float32", "bfloat16"] as const) {
      const input = noise(new Random(2), [4, 32, 5, 3]).to({ dtype });
      const output = new nn.BatchNorm2d(32).forward(input);
      assertClose(new nn.BatchNorm2d(32).activated(input, 0), output.relu(), 0, dtype);
      const found = new nn.BatchNorm2d(32).activated(input, 0.2);
      assertClose(found, output.leakyRelu(0.2), dtype === "float32" ? 1e-7 : 0.01, dtype);
    }
  }));

test("gradients of gradients are LibTorch's", () =>
  scope(() => {
    const compute = () => {
      const random = new Random(3);
      const norm = new nn.BatchNorm2d(16).to({ dtype: "float64" });
      noGrad(() => norm.weight!.copy_(noise(random, [16])));
      const x = noise(random, [3, 16, 4, 5]).requiresGrad_();
      const hidden = x.mul(2);
      const output = norm.activated(hidden, 0.2);
      const g = noise(random, output.shape).requiresGrad_();
      const first = grad([output], [x, norm.weight!, norm.bias!], { gradOutputs: [g], createGraph: true });
      const penalty = first.map((value) => value.square().sum()).reduce((a, b) => a.add(b));
      return [...first, ...grad([penalty], [x, g, norm.weight!])];
    };
    const expected = plain(compute);
    for (const [i, value] of compute().entries()) assertClose(value, expected[i] as Tensor, 1e-10, `${i}`);
  }));

test("a sequence takes a batch norm and the activation behind it at once, and nothing else", () =>
  scope(() => {
    const input = noise(new Random(1), [4, 16, 3, 3], "float32");
    for (const rest of [[], [new nn.ReLU()], [new nn.LeakyReLU(0.3)], [new nn.Tanh(), new nn.ReLU()]]) {
      const layers = new nn.Sequential(new nn.BatchNorm2d(16), ...rest);
      const alone = rest.reduce<Tensor>(
        (value, layer) => layer.forward(value),
        plain(() => new nn.BatchNorm2d(16).forward(input)),
      );
      assertClose(layers.forward(input), alone, 1e-5, `${rest.length}`);
    }
  }));

test("what is no number stays none, and in evaluation the running statistics count", () =>
  scope(() => {
    const norm = new nn.BatchNorm2d(16);
    const input = noise(new Random(1), [4, 16, 3, 3], "float32");
    const bad = input.clone();
    bad.select(1, 2).fill_(Number.NaN);
    const output = norm.activated(bad, 0);
    assert.ok(output.select(1, 2).isnan().all().item());
    assert.ok(output.select(1, 3).isfinite().all().item());
    const calm = new nn.BatchNorm2d(16).eval();
    assertClose(calm.activated(input, 0), input.relu(), 1e-4);
  }));

test("a number far from zero keeps its variance", () =>
  scope(() => {
    const input = noise(new Random(1), [64, 16]).mul(0.01).add(1000);
    const found = new nn.BatchNorm1d(16).forward(input.to({ dtype: "float32" }));
    const rounded = input.to({ dtype: "float32" }).to({ dtype: "float64" });
    const expected = plain(() => new nn.BatchNorm1d(16).to({ dtype: "float64" }).forward(rounded));
    assertClose(asDouble(found), expected, instructions === "default" ? 0.1 : 1e-4);
  }));

test("any number of threads gives the same bits", { skip: withoutKernels }, () =>
  scope(() => {
    const found = [1, 2, 3].map((threads) => {
      setThreads(threads);
      return everything([8, 32, 17, 13], 0.2, "float32", true, true).map((value) => value.toNumbers());
    });
    setThreads(1);
    assert.deepEqual(found[1], found[0]);
    assert.deepEqual(found[2], found[0]);
  }),
);

for (const each of ["avx2", "default"] as const) testWith(each, import.meta.url);
