import assert from "node:assert/strict";
import { test } from "node:test";
import { autocast, grad, nn, noGrad, scope, setThreads, type Tensor, torch } from "../index.js";
import { testWith, withoutKernels } from "../testing/instructions.js";
import { assertClose, assertGradients, noise } from "../testing/numeric.js";
import { plainly } from "../testing/plainly.js";
import { Random } from "../testing/random.js";
import { computePlainly } from "./rewrites.js";

setThreads(2);

/** Rows, inputs, units, pieces: few and many columns, panels that are full and that are not, more rows than are sorted at once. */
const shapes = [
  [3, 2, 16, 1],
  [5, 7, 3, 4],
  [40, 33, 17, 5],
  [600, 20, 32, 2],
  [2, 300, 40, 12],
  [50, 200, 200, 5],
] as const;

test("the largest of several linear maps, its gradients and theirs, are those of the plain form", () =>
  scope(() => {
    for (const [dtype, tolerance] of [
      ["float64", 1e-10],
      ["float32", 2e-4],
    ] as const)
      for (const [rows, inputs, units, pieces] of shapes) {
        const layer = new nn.Maxout(inputs, units, pieces).to({ dtype });
        const x = noise(new Random(rows), [rows, inputs], dtype).requiresGrad_();
        const parameters = layer.parameters();
        const all = () => {
          const output = layer.forward(x);
          const firsts = grad(output.pow(3).sum(), [x, ...parameters], { createGraph: true });
          const norms = firsts.map((each) => each.square().sum()).reduce((sum, each) => sum.add(each));
          const alone = grad(layer.forward(x).pow(2).sum(), parameters);
          return [output, ...firsts, ...grad(norms, [x, ...parameters]), ...alone];
        };
        const [chosen, plain] = [all(), plainly(["chosen-maxout"], all)];
        for (const [i, value] of chosen.entries())
          assertClose(
            value,
            plain[i] as Tensor,
            tolerance,
            `${dtype} ${[rows, inputs, units, pieces]}: ${i}`,
          );
      }
  }));

test("gradients of a maxout are its finite differences", () =>
  scope(() => {
    const random = new Random(11);
    const [x, w, b] = [noise(random, [6, 5]), noise(random, [48, 5]), noise(random, [48])];
    assertGradients(
      (inputs) => {
        const [input, weight, bias] = inputs as [Tensor, Tensor, Tensor];
        return torch.maxoutLinear(input, weight, bias, 3).pow(2).sum();
      },
      [x, w, b],
      random,
    );
    assertGradients(
      (inputs) => {
        const [input, weight] = inputs as [Tensor, Tensor];
        const output = torch.maxoutLinear(input, weight, undefined, 3);
        const [gradient] = grad(output.pow(2).sum(), [input], { createGraph: true }) as [Tensor];
        return gradient.square().sum();
      },
      [x, w],
      random,
    );
  }));

test("the first of equals is chosen, and what is no number", () =>
  scope(() => {
    // Maps 1 and 2 of every unit are the same; with no number among its inputs, all are none.
    const weight = torch.cat([torch.tensor([[1], [2], [2]]).repeat([16, 1])]).requiresGrad_();
    const output = torch.maxoutLinear(torch.tensor([[3]]), weight, undefined, 3);
    assert.deepEqual(
      noGrad(() => output.toNumbers()),
      new Array(16).fill(6),
    );
    const [gradient] = grad(output.sum(), [weight]) as [Tensor];
    assert.deepEqual(gradient.toNumbers(), new Array(16).fill([0, 3, 0]).flat());
    const none = torch.maxoutLinear(torch.tensor([[Number.NaN]]), weight.detach(), undefined, 3);
    assert.ok(none.toNumbers().every(Number.isNaN));
    // Of three maps the one that is no number; then the first of the two largest.
    const some = torch
      .tensor([[1], [Number.NaN], [3], [2], [2], [1]])
      .repeat([8, 1])
      .requiresGrad_();
    const made = torch.maxoutLinear(torch.tensor([[1]]), some, undefined, 3);
    assert.deepEqual(
      noGrad(() => made.toNumbers()),
      new Array(8).fill([Number.NaN, 2]).flat(),
    );
    const [toSome] = grad(made.sum(), [some]) as [Tensor];
    assert.deepEqual(toSome.toNumbers(), new Array(8).fill([0, 1, 0, 1, 0, 0]).flat());
  }));

test("any number of threads gives a maxout's same bits", { skip: withoutKernels }, () =>
  scope(() => {
    const random = new Random(5);
    const inputs = [[300, 130], [5 * 96, 130], [5 * 96]].map((shape) =>
      noise(random, shape, "float32").requiresGrad_(),
    ) as [Tensor, Tensor, Tensor];
    const compute = () => {
      const output = torch.maxoutLinear(...inputs, 5);
      return [output, ...grad(output.pow(2).sum(), inputs)];
    };
    const found = [1, 2, 3].map((threads) => {
      setThreads(threads);
      return compute();
    });
    setThreads(2);
    for (const other of found.slice(1))
      for (const [i, value] of other.entries()) assertClose(value, found[0]?.[i] as Tensor, 0, `${i}`);
  }),
);

test("a maxout keeps to autocast and names what does not fit", () =>
  scope(() => {
    const layer = new nn.Maxout(4, 16, 2);
    const output = autocast("bfloat16", () => layer.forward(torch.randn([3, 4])));
    assert.deepEqual([output.dtype, output.shape], ["bfloat16", [3, 16]]);
    assert.throws(
      () => torch.maxoutLinear(torch.randn([3, 4]), torch.randn([5, 4]), undefined, 2),
      /multiple of 2/,
    );
    assert.throws(
      () => torch.maxoutLinear(torch.randn([3, 4]), torch.randn([6, 5]), undefined, 2),
      /maxout_linear needs/,
    );
    assert.throws(
      () => torch.maxoutLinear(torch.randn([3, 4]), torch.randn([6, 4]), torch.randn([5]), 2),
      /bias/,
    );
    assert.throws(() => computePlainly(["maxout"]), /chosen-maxout/);
  }));

for (const each of ["avx2", "default"] as const) testWith(each, import.meta.url);
