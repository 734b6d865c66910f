import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, scope } from "../scope.js";
import { setThreads } from "../system.js";
import { type Tensor, tensor } from "../tensor.js";
import { normal } from "../testing/modules.js";
import * as nn from "./index.js";

setThreads(1);

class Block extends nn.Module {
  readonly firstConv = new nn.Conv2d(2, 2, { kernelSize: 1, bias: false });
  readonly absent: nn.Linear | undefined;
  readonly runningScale = scope(() => nn.buffer(tensor([1])));
  readonly gains = [scope(() => nn.parameter(tensor([2])))];
  readonly count = 3;
}

class Net extends nn.Module {
  readonly blocks = [new Block(), new Block()];
  readonly heads = new Map<string, nn.Layer>([["rotation", new nn.Linear(2, 4)]]);
  readonly shared = this.blocks[0];
  readonly #observed: nn.Module = new nn.Linear(1, 1);

  forward(input: Tensor): Tensor {
    assert.ok(this.#observed.training);
    return (this.heads.get("rotation") as nn.Layer).forward(input);
  }
}

const block = (name: string) =>
  ["gains.0", "running_scale", "first_conv.weight"].map((key) => `${name}.${key}`);

test("members are found by walking properties, named as in PyTorch", () => {
  const net = new Net();
  assert.deepEqual(
    [...net.stateDict().keys()],
    [
      ...block("blocks.0"),
      ...block("blocks.1"),
      "heads.rotation.weight",
      "heads.rotation.bias",
      ...block("shared"),
    ],
  );
  assert.deepEqual(
    net.namedParameters().map(([name]) => name),
    [
      ...["blocks.0.gains.0", "blocks.0.first_conv.weight", "blocks.1.gains.0", "blocks.1.first_conv.weight"],
      ...["heads.rotation.weight", "heads.rotation.bias"],
    ],
  );
  assert.equal(net.parameters().length, 6);
  assert.deepEqual(
    net.namedBuffers().map(([name]) => name),
    ["blocks.0.running_scale", "blocks.1.running_scale"],
  );
  assert.deepEqual(
    net.namedModules().map(([name]) => name),
    ["", "blocks.0", "blocks.0.first_conv", "blocks.1", "blocks.1.first_conv", "heads.rotation"],
  );
  assert.equal(net.children().length, 3);
  net.dispose();
});

test("a Sequential of convolution and batch norm has PyTorch's keys", () => {
  using net = new nn.Sequential(
    new nn.Conv2d(3, 4, { kernelSize: 3 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.ConvTranspose2d(4, 3, { kernelSize: 4, spectralNorm: true }),
  );
  assert.deepEqual(
    [...net.stateDict().keys()],
    [
      ...["0.weight", "0.bias", "1.weight", "1.bias"],
      ...["1.running_mean", "1.running_var", "1.num_batches_tracked"],
      ...["3.weight_orig", "3.bias", "3.weight_u", "3.weight_v"],
    ],
  );
});

test("parameters and buffers outlive scopes, and dispose() frees them all", () => {
  const before = liveTensors().count;
  const net = scope(() => {
    const made = new nn.Sequential(new nn.Linear(2, 3, { spectralNorm: true }), new nn.BatchNorm1d(3));
    scope(() => made.forward(tensor([[1, 2]]).repeat([4, 1])));
    return made;
  });
  assert.equal(liveTensors().count, before + 4 + 5);
  for (let i = 0; i < 10; i++) {
    scope(() => {
      net.forward(tensor([[1, 2]]).repeat([4, 1]));
    });
    assert.equal(liveTensors().count, before + 9);
  }
  net.dispose();
  assert.equal(liveTensors().count, before);
});

test("a state goes round, in place", () =>
  scope(() => {
    const build = () => new nn.Sequential(new nn.Conv2d(1, 2, { kernelSize: 2 }), new nn.BatchNorm2d(2));
    using one = build();
    using other = build();
    one.forward(tensor(new Float32Array(16), { shape: [1, 1, 4, 4] }));
    const weight = other.parameters()[0] as nn.Parameter;
    other.loadStateDict(one.stateDict());
    assert.equal(other.parameters()[0], weight);
    assert.ok(weight.isLeaf && weight.requiresGrad);
    for (const [key, value] of one.stateDict())
      assert.deepEqual(other.stateDict().get(key)?.toNumbers(), value.toNumbers(), key);
    one.loadStateDict(one.stateDict());
  }));

test("a state that does not fit is refused by naming the keys, before anything changes", () =>
  scope(() => {
    using linear = new nn.Linear(2, 3);
    const before = linear.weight.toNumbers();
    const wrong = new Map<string, Tensor>([
      ["weight", tensor([[1, 2, 3]])],
      ["extra", tensor(1)],
    ]);
    assert.throws(
      () => linear.loadStateDict(wrong),
      /does not fit Linear; missing: bias; unexpected: extra; of another shape: weight \(\[1,3\] given, \[3,2\] expected\)/,
    );
    assert.throws(() => linear.loadStateDict(wrong, { strict: false }), /of another shape: weight/);
    assert.deepEqual(linear.weight.toNumbers(), before);
    linear.loadStateDict(new Map([["bias", tensor([1, 2, 3])]]), { strict: false });
    assert.deepEqual(linear.bias?.toNumbers(), [1, 2, 3]);
  }));

test("to() converts floating point members in place", () =>
  scope(() => {
    using net = new nn.Sequential(new nn.Conv2d(2, 3, { kernelSize: 3 }), new nn.BatchNorm2d(3));
    const members = net.parameters();
    members[1]?.requiresGrad_(false);
    net.to({ dtype: "float64", memoryFormat: "channelsLast" });
    assert.deepEqual(net.parameters(), members);
    assert.deepEqual(
      members.map((p) => [p.dtype, p.requiresGrad, p.isLeaf]),
      [true, false, true, true].map((flag) => ["float64", flag, true]),
    );
    assert.ok(members[0]?.isContiguous("channelsLast") && !members[0].isContiguous());
    assert.equal(net.stateDict().get("1.num_batches_tracked")?.dtype, "int64");
    assert.equal(net.stateDict().get("1.running_var")?.dtype, "float64");
    net.forward(normal(2, 2, 4, 4));
    net.to({ memoryFormat: "contiguous" });
    assert.ok(members[0]?.isContiguous());
  }));

test("train(), eval() and requiresGrad_() reach every part", () => {
  using net = new nn.Sequential(new nn.Sequential(new nn.Linear(1, 1)), new nn.Dropout());
  const flags = () => net.namedModules().map(([, module]) => module.training);
  assert.deepEqual(flags(), [true, true, true, true]);
  net.eval();
  assert.deepEqual(flags(), [false, false, false, false]);
  net.train();
  assert.deepEqual(flags(), [true, true, true, true]);
  net.requiresGrad_(false);
  assert.ok(net.parameters().every((p) => !p.requiresGrad));
});
