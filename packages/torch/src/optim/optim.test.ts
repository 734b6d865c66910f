import assert from "node:assert/strict";
import { test } from "node:test";
import { grad } from "../autograd.js";
import { type Parameter, parameter } from "../nn/index.js";
import { manualSeed } from "../random.js";
import { liveTensors, scope } from "../scope.js";
import { setThreads } from "../system.js";
import { type Tensor, tensor } from "../tensor.js";
import { ADAM_HAS_SAME_BITS } from "../testing/instructions.js";
import { assertClose, checkGradient, normal, readGolden } from "../testing/modules.js";
import * as optim from "./index.js";

setThreads(1);

interface Golden {
  shapes: number[][];
  start: number[][];
  scale: number[][];
  shift: number[][];
  recorded: number[];
  cases: Record<string, Record<"float64" | "float32", number[][][]>>;
}
const golden = readGolden<Golden>("optim/optimizers.json");

const builders: Record<string, (parameters: readonly Parameter[]) => optim.Optimizer> = {
  sgd: (p) => new optim.SGD(p, { learningRate: 0.1 }),
  "sgd with momentum": (p) => new optim.SGD(p, { learningRate: 0.05, momentum: 0.9 }),
  "sgd with dampening": (p) =>
    new optim.SGD(p, { learningRate: 0.05, momentum: 0.8, dampening: 0.3, weightDecay: 0.01 }),
  "sgd nesterov": (p) =>
    new optim.SGD(p, { learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.02 }),
  adam: (p) => new optim.Adam(p),
  "adam of GANs": (p) => new optim.Adam(p, { learningRate: 2e-2, betas: [0, 0.9] }),
  "adam with decay": (p) =>
    new optim.Adam(p, { learningRate: 1e-2, betas: [0.5, 0.999], eps: 1e-6, weightDecay: 0.1 }),
  rmsprop: (p) => new optim.RMSProp(p, { learningRate: 1e-2 }),
  "rmsprop with momentum": (p) =>
    new optim.RMSProp(p, { learningRate: 1e-2, alpha: 0.9, momentum: 0.7, weightDecay: 0.05 }),
  "rmsprop centered": (p) =>
    new optim.RMSProp(p, { learningRate: 1e-2, alpha: 0.95, centered: true, eps: 1e-4 }),
  "rmsprop centered with momentum": (p) =>
    new optim.RMSProp(p, { learningRate: 1e-2, centered: true, momentum: 0.5 }),
};

const startParameters = (dtype: "float32" | "float64"): Parameter[] =>
  scope(() =>
    golden.start.map((data, i) =>
      parameter(tensor(Float64Array.from(data), { shape: golden.shapes[i] as number[], dtype })),
    ),
  );

const gradientAt = (step: number, i: number, value: Tensor): Tensor =>
  value
    .detach()
    .mul(golden.scale[step]?.[i] as number)
    .add(golden.shift[step]?.[i] as number);

const skipped = (step: number, i: number) => i === 1 && (step === 3 || step === 4);

test("every golden optimizer is built here", () => {
  assert.deepEqual(Object.keys(builders), Object.keys(golden.cases));
});

for (const [name, build] of Object.entries(builders)) {
  for (const dtype of ["float64", "float32"] as const) {
    test(`${name} takes PyTorch's steps in ${dtype}`, () => {
      const parameters = startParameters(dtype);
      const optimizer = build(parameters);
      for (let step = 0; step < golden.scale.length; step++) {
        scope(() =>
          optimizer.step(parameters.map((p, i) => (skipped(step, i) ? undefined : gradientAt(step, i, p)))),
        );
        const record = golden.recorded.indexOf(step + 1);
        if (record < 0) continue;
        for (const [i, p] of parameters.entries())
          assertClose(
            p,
            golden.cases[name]?.[dtype][record]?.[i] ?? [],
            dtype === "float64" ? 1e-14 : 1e-6,
            `parameter ${i} after step ${step + 1}`,
          );
      }
      assert.equal(optimizer.stateDict().numbers["step.0"], 20);
      assert.equal(optimizer.stateDict().numbers["step.1"], 18);
    });

    test(`${name}: differentiable() makes the bits of step() in ${dtype}`, () =>
      scope(() => {
        const parameters = startParameters(dtype);
        const optimizer = build(parameters);
        let values: Tensor[] = parameters.map((p) => p.clone());
        let state: optim.OptimizerState | undefined;
        for (let step = 0; step < 6; step++) {
          const gradients = parameters.map((p, i) => (skipped(step, i) ? undefined : gradientAt(step, i, p)));
          if (step === 2) state = undefined; // the optimizer's own is as good
          const next = optimizer.differentiable(values, gradients, state);
          optimizer.step(gradients);
          values = next.parameters;
          state = next.state;
          for (const [i, p] of parameters.entries()) {
            const [found, expected] = [values[i] as Tensor, p.toNumbers()];
            if (!name.startsWith("adam") || ADAM_HAS_SAME_BITS) assert.deepEqual(found.toNumbers(), expected);
            else assertClose(found, expected, dtype === "float64" ? 1e-14 : 1e-6, `parameter ${i}`);
          }
        }
      }));
  }

  test(`${name}: gradients flow through two updates`, () =>
    scope(() => {
      manualSeed(3);
      const parameters = [parameter(normal(3)), parameter(normal(2, 2))];
      const optimizer = build(parameters);
      optimizer.step(parameters.map((p) => p.detach().cos()));
      checkGradient(
        (a, b, scale) => {
          const slope = (values: Tensor[]) =>
            values.map((v) =>
              v
                .square()
                .mul(scale as Tensor)
                .add(0.5),
            );
          const first = optimizer.differentiable(
            [a as Tensor, b as Tensor],
            slope([a as Tensor, b as Tensor]),
          );
          const second = optimizer.differentiable(first.parameters, slope(first.parameters), first.state);
          return second.parameters.map((v) => v.sin().sum()).reduce((x, y) => x.add(y));
        },
        [...parameters.map((p) => p.detach().clone()), tensor([0.7], { dtype: "float64" })],
      );
    }));

  test(`${name} leaks nothing and continues from its state`, () => {
    const parameters = startParameters("float64");
    const optimizer = build(parameters);
    const run = (o: optim.Optimizer, ps: readonly Parameter[], from: number, to: number) => {
      for (let step = from; step < to; step++) scope(() => o.step(ps.map((p, i) => gradientAt(step, i, p))));
    };
    run(optimizer, parameters, 0, 1);
    const before = liveTensors().count;
    run(optimizer, parameters, 1, 11);
    assert.equal(liveTensors().count, before);
    const copies = scope(() => parameters.map((p) => parameter(p.clone())));
    const other = build(copies);
    optimizer.learningRate *= 0.5;
    run(other, copies, 0, 1); // what it had is replaced
    for (const [i, p] of parameters.entries()) scope(() => copies[i]?.detach().copy_(p.detach()));
    other.loadStateDict(optimizer.stateDict());
    assert.equal(other.learningRate, optimizer.learningRate);
    run(optimizer, parameters, 11, 15);
    run(other, copies, 11, 15);
    for (const [i, p] of parameters.entries()) assert.deepEqual(copies[i]?.toNumbers(), p.toNumbers());
  });
}

test("a weight without gradient does not poison gradients through an update", () =>
  scope(() => {
    for (const make of [
      (p: Parameter[]) => new optim.Adam(p),
      (p: Parameter[]) => new optim.RMSProp(p),
      (p: Parameter[]) => new optim.RMSProp(p, { centered: true }),
    ]) {
      const own = parameter(tensor([1, 2], { dtype: "float64" }));
      const x = tensor([3, 4], { dtype: "float64", requiresGrad: true });
      const dead = x.mul(tensor([1, 0], { dtype: "float64" }));
      const { parameters } = make([own]).differentiable([own], [dead]);
      const [gradient] = grad((parameters[0] as Tensor).sum(), [x]);
      assert.ok(gradient?.toNumbers().every(Number.isFinite), String(gradient?.toNumbers()));
      own.dispose();
    }
  }));

test("optimizers refuse what does not fit", () =>
  scope(() => {
    const p = parameter(normal(2));
    assert.throws(() => new optim.Adam([p, p]), /Adam: a parameter occurs twice/);
    assert.throws(() => new optim.SGD([p], { learningRate: -1 }), /must not be negative/);
    const adam = new optim.Adam([p]);
    assert.throws(() => adam.step([]), /0 tensors for 1 parameters/);
    assert.throws(() => adam.step([normal(3)]), /does not have its parameter's shape/);
    adam.step([normal(2)]);
    const { tensors, numbers } = adam.stateDict();
    assert.deepEqual([...tensors.keys()], ["exp_avg.0", "exp_avg_sq.0"]);
    assert.throws(() => adam.loadStateDict({ tensors, numbers: {} }), /no learning_rate/);
    assert.throws(
      () => adam.loadStateDict({ tensors, numbers: { ...numbers, "step.1": 3 } }),
      /not of 1 parameters/,
    );
    assert.throws(() => new optim.SGD([p]).loadStateDict({ tensors, numbers }), /'exp_avg.0' is unknown/);
    adam.dispose();
    p.dispose();
  }));

test("clipGradientNorm scales by the joint norm", () =>
  scope(() => {
    const gradients = [tensor([3, 0]), undefined, tensor([[4]])];
    const small = optim.clipGradientNorm(gradients, 1);
    assert.equal(small.norm.item(), 5);
    assertClose(small.gradients[0]?.toNumbers() ?? [], [0.6, 0], 1e-6);
    assert.equal(small.gradients[1], undefined);
    assertClose(small.gradients[2]?.toNumbers() ?? [], [0.8], 1e-6);
    assertClose(optim.clipGradientNorm(gradients, 9).gradients[0]?.toNumbers() ?? [], [3, 0], 0);
    assert.throws(() => optim.clipGradientNorm([undefined], 1), /no gradient/);
  }));

test("clampParameters_ clamps in place", () =>
  scope(() => {
    const p = parameter(tensor([-3, 0.001, 2]));
    optim.clampParameters_([p], 0.01);
    assertClose(p, [-0.01, 0.001, 0.01], 1e-8);
    assert.ok(p.requiresGrad && p.isLeaf);
    p.dispose();
  }));
