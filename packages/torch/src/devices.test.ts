import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, liveTensors, scope, Tensor, TorchError, torch } from "./index.js";
import { native } from "./native.js";
import { maker } from "./testing/examples.js";
import { argumentsOf, loadOperators } from "./testing/operators.js";
import { Random } from "./testing/random.js";

const moved = (tensor: Tensor): Tensor => tensor.toCopy({ device: "meta" });

/** Every way to have one of the arguments' tensors on another device, and what is then moved. */
function* mixtures(names: readonly string[], values: readonly unknown[]): Generator<[string, unknown[]]> {
  for (const [i, value] of values.entries()) {
    if (value instanceof Tensor) yield [names[i] as string, values.with(i, moved(value))];
    if (!Array.isArray(value)) continue;
    for (const [k, element] of value.entries())
      if (element instanceof Tensor)
        yield [`${names[i]}[${k}]`, values.with(i, value.with(k, moved(element)))];
  }
}

const handlesOf = (value: unknown): unknown =>
  value instanceof Tensor ? value.handle : Array.isArray(value) ? value.map(handlesOf) : value;

test("every operator refuses tensors on different devices, and says which argument is where", () => {
  let refused = 0;
  for (const { schema, index } of loadOperators()) {
    // What the next test allows.
    if (schema.name === "aten::copy_" || schema.name === "aten::index") continue;
    scope(() => {
      const values = argumentsOf(schema, maker(new Random(1)));
      const tensors = values.flat().filter((value) => value instanceof Tensor);
      if (tensors.length < 2) return;
      const names = schema.arguments.map(({ name }) => name);
      for (const [name, mixed] of mixtures(names, values)) {
        assert.throws(
          () => native.call(index, ...mixed.map(handlesOf)),
          (error) => {
            assert.ok(error instanceof TorchError, String(error));
            assert.match(
              error.message,
              /^\S+\(.*\): \S+ is on (cpu, \S+ on meta|meta, \S+ on cpu): bring them/,
            );
            assert.ok(
              error.message.includes(`${name} is on meta`) || error.message.includes(`${name} on meta`),
            );
            return !error.message.includes("\n");
          },
          `${schema.text}: ${name}`,
        );
        refused++;
      }
    });
  }
  assert.ok(refused > 150, `only ${refused} mixtures were tried`);
});

test("what may be on the processor: single numbers, indices, and what is copied", () =>
  scope(() => {
    const image = torch.ones([3], { device: "meta" });
    assert.equal(image.mul(torch.tensor(2)).device, "meta");
    assert.equal(torch.tensor(2).mul(image).device, "meta");
    assert.equal(image.index([torch.tensor([0, 2], { dtype: "int64" })]).device, "meta");
    assert.equal(image.copy_(torch.ones([3])).device, "meta");
    // Gantry's own kernels know no other device's numbers, single or not.
    assert.throws(
      () => torch.conv2d(torch.ones([1, 1, 2, 2], { device: "meta" }), torch.ones([])),
      /input is on meta, weight on cpu/,
    );
  }));

test("a device without numbers: shapes are computed there, reading is refused", () =>
  scope(() => {
    const before = liveTensors().bytes;
    const image = torch.ones([64, 1024, 1024, 1024], { device: "meta" });
    assert.equal(liveTensors().bytes, before);
    assert.deepEqual(torch.halve(image).shape, [64, 1024, 512, 512]);
    const weight = torch.ones([8, 1024], { device: "meta" });
    assert.deepEqual(torch.linear(torch.ones([5, 1024], { device: "meta" }), weight).shape, [5, 8]);
    for (const read of [() => weight.toTypedArray(), () => weight.toBytes(), () => weight.sum(null).item()])
      assert.throws(read, /: the tensor is on the device meta, which keeps shapes and no numbers: float32\[/);
  }));

test("gradients of what follows have to be on the output's device", () =>
  scope(() => {
    const x = torch.ones([2]).requiresGrad_();
    const gradOutputs = [torch.ones([2], { device: "meta" })];
    assert.throws(
      () => grad(x.mul(2), [x], { gradOutputs }),
      /gradOutputs\[0\] is on meta, outputs\[0\] on cpu/,
    );
  }));

test("an operator that a device lacks is one line", () =>
  scope(() => {
    const x = torch.ones([2], { device: "meta" });
    try {
      torch.foreachAdd([x], [x]);
    } catch (error) {
      assert.match((error as Error).message, /^[^\n]{1,200}$/);
    }
    if (native.deviceCount("mps") === 0)
      assert.throws(() => torch.zeros([2], { device: "mps" }), /^TorchError: [^\n]{1,200}$/);
  }));
