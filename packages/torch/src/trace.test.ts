import assert from "node:assert/strict";
import { test } from "node:test";
import { noGrad } from "./autograd.js";
import { liveTensors, nn, scope, Tensor, type Trace, torch, trace } from "./index.js";

class Doubled extends nn.Module {
  readonly inner = new nn.Linear(2, 3, { spectralNorm: true });

  forward(input: Tensor): Tensor {
    return this.inner.forward(input).mul(2).relu_();
  }
}

const traced = (body: (input: Tensor) => Tensor, network: nn.Module = new nn.Identity()): Trace => {
  const input = torch.ones([4, 2]);
  return trace(network, [input], () => [body(input)]);
};

const names = ({ calls }: Trace) => calls.map(({ operator }) => operator.slice(operator.indexOf("::") + 2));

test("calls on what depends on an input are written down, with the module that made them; the rest is computed", () =>
  noGrad(() =>
    scope(() => {
      using network = new Doubled().eval();
      using found = traced((input) => network.forward(input), network);
      assert.deepEqual(names(found), ["linear", "mul.Scalar", "relu_"]);
      const [linear, mul, relu] = found.calls;
      assert.deepEqual([linear?.place, mul?.place, relu?.place], ["inner", "", ""]);
      assert.equal(mul?.arguments.other, 2);
      assert.deepEqual([linear?.arguments.input, linear?.outputs[0]?.shape], [found.inputs[0], [4, 3]]);
      assert.deepEqual(mul?.arguments.self, linear?.outputs[0]);
      assert.deepEqual(found.outputs, relu?.outputs);
      // Spectral norm's divisions are no part of the trace: its result is.
      const weight = (linear?.arguments.weight ?? assert.fail()) as Tensor;
      assert.deepEqual(weight.toNumbers(), network.inner.effectiveWeight().toNumbers());
      assert.deepEqual(Object.keys(network.inner), Object.keys(new Doubled().inner));
    }),
  ));

test("draws are traced, tensors of a shape alone are not", () =>
  scope(() => {
    using drawn = traced((input) => input.add(torch.randn([4, 2])).add(input.zerosLike()));
    assert.deepEqual(names(drawn), ["randn.generator", "add.Tensor", "add.Tensor"]);
    assert.ok(drawn.calls[2]?.arguments.other instanceof Tensor);
    using constant = traced(() => torch.ones([2]).mul(3));
    assert.deepEqual(constant.calls, []);
    assert.ok(constant.outputs[0] instanceof Tensor);
  }));

test("what no sequence of operators can say is refused with its place", () =>
  scope(() => {
    const network = new nn.Sequential(
      new (class extends nn.Layer {
        forward(input: Tensor): Tensor {
          return input.sum().item() > 0 ? input : input.neg();
        }
      })(),
    );
    assert.throws(
      () => traced((input) => network.forward(input), network),
      /trace: 0 reads numbers of what it computes/,
    );
    assert.throws(
      () =>
        traced((input) => {
          const made = input.mul(2);
          made.view([8]).add_(1);
          return made.mul(3);
        }),
      /the network itself reads a tensor that was changed in place by another of its views/,
    );
    using fine = traced((input) => input.mul(2).view([8]).add_(1).mul(3));
    assert.equal(fine.calls.length, 4);
  }));

test("a trace leaves nothing behind", () => {
  const before = liveTensors().count;
  scope(() => {
    const input = torch.ones([4, 2]);
    trace(new nn.Identity(), [input], () => [input.add(torch.ones([2]))])[Symbol.dispose]();
    assert.throws(() => trace(new nn.Identity(), [input], () => [torch.tensor(input.sum().item())]));
    // Outside of a trace numbers are read as ever.
    assert.equal(input.sum().item(), 8);
  });
  assert.equal(liveTensors().count, before);
});
