import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, nn, noGrad, scope, torch } from "@gantry/torch";
import { UsageError } from "../core/base/errors.js";
import { WeightAverage } from "./averaging.js";

/** A network whose every parameter is set to one number. */
function network() {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
  const set = (value: number) =>
    scope(() =>
      noGrad(() =>
        net.parameters().forEach((parameter) => void parameter.copy_(torch.full(parameter.shape, value))),
      ),
    );
  return { net, set };
}

const values = (average: WeightAverage) =>
  [...average.stateDict().values()].flatMap((tensor) => tensor.toNumbers());

const assertAll = (actual: number[], expected: number) => {
  for (const value of actual) assert.ok(Math.abs(value - expected) < 1e-6, `${value}, expected ${expected}`);
};

test("the average is the closed form: decay^n w_0 + (1 - decay) sum_i decay^(n - i) w_i", () => {
  const { net, set } = network();
  const weights = [3, -1, 2, 5, 0.5];
  const decay = 0.7;
  set(weights[0] as number);
  const average = new WeightAverage(net);
  for (let n = 1; n < weights.length; n++) {
    set(weights[n] as number);
    average.update(decay);
    let expected = decay ** n * (weights[0] as number);
    for (let i = 1; i <= n; i++) expected += (1 - decay) * decay ** (n - i) * (weights[i] as number);
    assertAll(values(average), expected);
  }
});

test("with decay 0 the average is the weights", () => {
  const { net, set } = network();
  const average = new WeightAverage(net);
  for (const [decay, weight, expected] of [
    [0, 4, 4],
    [0, 8, 8],
    [0.5, 0, 4],
    [0.5, 0, 2],
  ] as const) {
    set(weight);
    average.update(decay);
    assertAll(values(average), expected);
  }
});

test("averaged weights stand in only while they are wanted; buffers are the network's own", () => {
  const { net, set } = network();
  set(1);
  const average = new WeightAverage(net);
  set(3);
  average.update(0.5);
  const seen = average.apply(() => net.parameters().flatMap((parameter) => parameter.toNumbers()));
  assertAll(seen, 2);
  assertAll(
    net.parameters().flatMap((parameter) => parameter.toNumbers()),
    3,
  );
  assert.throws(() =>
    average.apply(() => {
      throw new Error("stop");
    }),
  );
  assertAll(
    net.parameters().flatMap((parameter) => parameter.toNumbers()),
    3,
  );
  assert.deepEqual([...average.stateDict().keys()], ["0.weight", "0.bias", "1.weight", "1.bias"]);
  average.restart();
  assertAll(values(average), 3);
});

test("a state comes back, and updates keep no tensor", () => {
  const { net, set } = network();
  set(1);
  const average = new WeightAverage(net);
  const other = new WeightAverage(net);
  set(2);
  const before = liveTensors().count;
  for (let i = 0; i < 5; i++) average.update(0.9);
  assert.ok(liveTensors().count <= before);
  other.loadStateDict(average.stateDict());
  assert.deepEqual(values(other), values(average));
  average.dispose();
  other.dispose();
});

test("batch norm's statistics are averaged alike where that is asked for, and put back to the bit", () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
  const norm = net.namedModules().find(([, module]) => module instanceof nn.BatchNorm)?.[1] as nn.BatchNorm1d;
  const decay = 0.7;
  const averaged = new WeightAverage(net, "averaged");
  const own = new WeightAverage(net);
  const seen: { mean: number[]; variance: number[] }[] = [];
  const look = () => seen.push({ mean: norm.runningMean.toNumbers(), variance: norm.runningVar.toNumbers() });
  look();
  for (let n = 1; n < 6; n++) {
    // As a training does it: a pass, whose batch goes into the running statistics by a tenth.
    noGrad(() => scope(() => void net.forward(torch.randn([8, 2]))));
    look();
    averaged.update(decay);
    own.update(decay);
  }
  const closed = (part: "mean" | "variance", place: number) =>
    seen.reduce(
      (sum, each, i) =>
        sum + (i === 0 ? decay ** 5 : (1 - decay) * decay ** (5 - i)) * (each[part][place] as number),
      0,
    );
  const state = averaged.stateDict();
  for (const [name, part] of [
    ["1.running_mean", "mean"],
    ["1.running_var", "variance"],
  ] as const)
    for (const [place, value] of (state.get(name)?.toNumbers() ?? []).entries())
      assert.ok(Math.abs(value - closed(part, place)) < 1e-6, `${name} ${place}: ${value}`);
  // The number of batches is a count, and stays the network's.
  assert.deepEqual(
    [...state.keys()].filter((name) => !own.stateDict().has(name)),
    ["1.running_mean", "1.running_var"],
  );
  const before = norm.runningVar.toNumbers();
  assert.deepEqual(
    averaged.apply(() => norm.runningVar.toNumbers()),
    state.get("1.running_var")?.toNumbers(),
  );
  assert.deepEqual(norm.runningVar.toNumbers(), before);
  assert.deepEqual(
    own.apply(() => norm.runningVar.toNumbers()),
    before,
  );
  averaged.restart();
  assert.deepEqual(averaged.stateDict().get("1.running_var")?.toNumbers(), before);
  averaged.dispose();
  own.dispose();
  assert.throws(
    () => new WeightAverage(new nn.Linear(2, 3), "averaged"),
    (error) =>
      error instanceof UsageError && /has no batch norm.*set average\.statistics=own/.test(error.message),
  );
});
