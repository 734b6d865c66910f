import assert from "node:assert/strict";
import { test } from "node:test";
import {
  enableGrad,
  grad,
  liveTensors,
  noGrad,
  scope,
  setThreads,
  type Tensor,
  TorchError,
  torch,
} from "./index.js";
import { assertGradients, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

const inScope = (name: string, body: () => void) =>
  test(name, () => {
    const before = liveTensors().count;
    scope(body);
    assert.equal(liveTensors().count, before, "tensors left behind");
  });

const leaf = (data: number[]) => torch.tensor(data, { dtype: "float64", requiresGrad: true });

inScope("gradients are values", () => {
  const x = leaf([1, 2, 3]);
  const [g] = grad(x.square().sum(null), [x]);
  assert.deepEqual(g?.toList(), [2, 4, 6]);
  assert.equal(g?.requiresGrad, false);
  const [again] = grad(x.square().sum(null), [x]);
  assert.deepEqual(again?.toList(), [2, 4, 6], "nothing accumulates");
});

inScope("several outputs are summed, and weighted by gradOutputs", () => {
  const x = leaf([1, 2]);
  const y = x.mul(3);
  assert.throws(() => grad(y, [x]), /gradOutputs/);
  const [g] = grad(y, [x], { gradOutputs: [leaf([1, 10])] });
  assert.deepEqual(g?.toList(), [3, 30]);
  const [sum] = grad([x.sum(null), x.square().sum(null)], [x]);
  assert.deepEqual(sum?.toList(), [3, 5]);
});

inScope("a gradient with its graph can be differentiated again", () => {
  const x = leaf([2]);
  const [first] = grad(x.pow(3).sum(null), [x], { createGraph: true });
  assert.deepEqual(first?.toList(), [12]);
  const [second] = grad((first as Tensor).sum(null), [x], { createGraph: true });
  assert.deepEqual(second?.toList(), [12]);
  const [third] = grad((second as Tensor).sum(null), [x]);
  assert.deepEqual(third?.toList(), [6]);
});

inScope("a graph serves once, unless it is retained", () => {
  const x = leaf([2]);
  const y = x.square().sum(null);
  grad(y, [x], { retainGraph: true });
  grad(y, [x]);
  assert.throws(() => grad(y, [x]), TorchError);
});

inScope("an unused input is an error, or undefined where that is allowed", () => {
  const x = leaf([1]);
  const y = leaf([1]);
  assert.throws(() => grad(x.sum(null), [x, y]), TorchError);
  const found = grad(x.sum(null), [x, y], { allowUnused: true });
  assert.deepEqual(found[0]?.toList(), [1]);
  assert.equal(found[1], undefined);
});

inScope("what cannot be differentiated says why", () => {
  const x = leaf([1]);
  const constant = torch.ones([1]);
  assert.throws(() => grad(constant.sum(null), [x]), /does not depend on any parameter/);
  assert.throws(() => grad(x.sum(null), [constant]), /does not require grad/);
  assert.throws(() => torch.tensor([1], { dtype: "int64" }).requiresGrad_(), TorchError);
});

inScope("noGrad records nothing, enableGrad inside it does, and both end with an error too", () => {
  const x = leaf([1]);
  assert.equal(noGrad(() => x.mul(2)).requiresGrad, false);
  assert.equal(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad, true);
  assert.throws(() =>
    noGrad(() => {
      throw new Error("mine");
    }),
  );
  assert.equal(x.mul(2).requiresGrad, true);
  assert.throws(() => noGrad(async () => {}), TorchError);
  assert.equal(x.mul(2).requiresGrad, true);
});

inScope("a derivative known to be zero can be read", () => {
  const x = leaf([1, -2]);
  const [first] = grad(x.abs().sum(null), [x], { createGraph: true });
  const [second] = grad((first as Tensor).square().sum(null), [x], { allowUnused: true });
  if (second !== undefined) assert.deepEqual(second.toList(), [0, 0]);
});

inScope("the gradient penalty of a small network, differentiated again, is its finite difference", () => {
  const random = new Random(5);
  const x = noise(random, [6, 4]);
  const weights = [
    noise(random, [8, 4]),
    noise(random, [8]),
    noise(random, [8, 8]),
    noise(random, [8]),
    noise(random, [1, 8]),
  ];
  const penalty = ([w1, b1, w2, b2, w3]: readonly Tensor[]): Tensor => {
    const at = x.clone().requiresGrad_();
    const hidden = torch.linear(torch.linear(at, w1 as Tensor, b1).tanh(), w2 as Tensor, b2).softplus();
    const score = torch.linear(hidden, w3 as Tensor);
    const [slope] = grad(score.sum(null), [at], { createGraph: true });
    const norm = (slope as Tensor).square().sum([1]).add(1e-12).sqrt();
    return norm.sub(1).square().mean(null);
  };
  assertGradients(penalty, weights, random, { tolerance: 1e-7, what: "gradient penalty" });
});
