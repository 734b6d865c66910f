import assert from "node:assert/strict";
import { test } from "node:test";
import { autocast, grad, scope, setThreads, type Tensor, TorchError, torch } from "./index.js";
import { assertClose, assertGradients, noise } from "./testing/numeric.js";
import { Random } from "./testing/random.js";

setThreads(1);

interface Case {
  batch: number;
  from: number;
  to: number;
  size: [number, number];
  kernel: [number, number];
  stride: [number, number];
  padding: [number, number];
  output: [number, number];
  bias: boolean;
}

/** A random geometry whose output is not empty. */
function randomCase(random: Random): Case {
  for (;;) {
    const pair = (least: number, below: number): [number, number] => [
      least + random.int(below),
      least + random.int(below),
    ];
    const stride = pair(1, 3);
    const c: Case = {
      batch: 1 + random.int(3),
      from: 1 + random.int(4),
      to: 1 + random.int(4),
      size: pair(1, 5),
      kernel: pair(1, 5),
      stride,
      padding: pair(0, 3),
      output: [random.int(stride[0]), random.int(stride[1])],
      bias: random.chance(0.5),
    };
    const fits = [0, 1].every((d) => {
      const [size, step, pad] = [c.size[d] ?? 0, c.stride[d] ?? 0, c.padding[d] ?? 0];
      return (size - 1) * step - 2 * pad + (c.kernel[d] ?? 0) + (c.output[d] ?? 0) > 0;
    });
    if (fits) return c;
  }
}

const ours = (c: Case, x: Tensor, w: Tensor, b?: Tensor) =>
  torch.convTranspose2d(x, w, b, c.stride, c.padding, c.output);
/** aten's own: the general convolution, transposed. */
const theirs = (c: Case, x: Tensor, w: Tensor, b?: Tensor) =>
  torch.convolution(x, w, b, c.stride, c.padding, [1, 1], true, c.output, 1);

function inputsOf(
  c: Case,
  random: Random,
  dtype: "float32" | "float64" = "float64",
): [Tensor, Tensor, Tensor?] {
  const x = noise(random, [c.batch, c.from, ...c.size], dtype);
  const w = noise(random, [c.from, c.to, ...c.kernel], dtype);
  return c.bias ? [x, w, noise(random, [c.to], dtype)] : [x, w];
}

test("forward, gradients and second gradients are aten's, over random geometries, in float64 and float32", () => {
  for (let seed = 0; seed < 60; seed++) {
    scope(() => {
      const random = new Random(seed);
      const c = randomCase(random);
      const dtype = seed % 2 === 0 ? "float64" : "float32";
      const tolerance = dtype === "float64" ? 1e-12 : 2e-5;
      const inputs = inputsOf(c, random, dtype).filter((t): t is Tensor => t !== undefined);
      if (seed % 3 === 0) inputs[0] = (inputs[0] as Tensor).contiguous({ memoryFormat: "channelsLast" });
      const run = (f: typeof ours) => {
        const leaves = inputs.map((t) => t.detach().requiresGrad_());
        const [x, w, b] = leaves as [Tensor, Tensor, Tensor?];
        const y = f(c, x, w, b);
        const first = grad(y.tanh().sum(null), leaves, { createGraph: true });
        const norm = first.map((g) => g.square().sum(null)).reduce((p, q) => p.add(q));
        return [y, ...first, ...grad(norm, leaves)];
      };
      const expected = run(theirs);
      for (const [i, tensor] of run(ours).entries())
        assertClose(
          tensor,
          expected[i] as Tensor,
          tolerance,
          `seed ${seed} result ${i} ${JSON.stringify(c)}`,
        );
    });
  }
});

test("gradients, and gradients of gradients, are finite differences", () => {
  for (let seed = 100; seed < 110; seed++) {
    scope(() => {
      const random = new Random(seed);
      const c = randomCase(random);
      const inputs = inputsOf(c, random).filter((t): t is Tensor => t !== undefined);
      const f = ([x, w, b]: readonly Tensor[]) =>
        ours(c, x as Tensor, w as Tensor, b)
          .tanh()
          .sum(null);
      assertGradients(f, inputs, random, { what: JSON.stringify(c) });
      const slopes = (leaves: readonly Tensor[]) =>
        grad(f(leaves), leaves, { createGraph: true })
          .map((g) => g.square().sum(null))
          .reduce((p, q) => p.add(q));
      assertGradients(slopes, inputs, random, { tolerance: 1e-6, what: `twice ${JSON.stringify(c)}` });
    });
  }
});

test("only the gradients asked for are computed", () => {
  scope(() => {
    const random = new Random(1);
    const x = noise(random, [2, 3, 4, 4]);
    const w = noise(random, [3, 2, 4, 4]);
    for (const wanted of [0, 1]) {
      const leaves = [x, w].map((t, i) => (i === wanted ? t.detach().requiresGrad_() : t.detach()));
      const y = torch.convTranspose2d(leaves[0] as Tensor, leaves[1] as Tensor, null, 2, 1);
      const [g] = grad(y.sum(null), [leaves[wanted] as Tensor]);
      assert.deepEqual(g?.shape, leaves[wanted]?.shape);
    }
  });
});

test("channels-last input gives channels-last output", () => {
  scope(() => {
    const x = torch.ones([2, 8, 4, 4]).contiguous({ memoryFormat: "channelsLast" });
    const y = torch.convTranspose2d(x, torch.ones([8, 6, 4, 4]), null, 2, 1);
    assert.ok(y.isContiguous("channelsLast"));
  });
});

test("under autocast it runs in bfloat16, and its gradients come back in the parameters' own type", () => {
  scope(() => {
    const random = new Random(2);
    const x = noise(random, [2, 3, 4, 4], "float32").requiresGrad_();
    const w = noise(random, [3, 4, 4, 4], "float32").requiresGrad_();
    const b = noise(random, [4], "float32").requiresGrad_();
    const exact = torch.convTranspose2d(x, w, b, 2, 1);
    const y = autocast("bfloat16", () => torch.convTranspose2d(x, w, b, 2, 1));
    assert.equal(y.dtype, "bfloat16");
    assertClose(y.toCopy({ dtype: "float32" }), exact, 0.02);
    const gradients = grad(y.toCopy({ dtype: "float32" }).sum(null), [x, w, b]);
    for (const g of gradients) assert.equal(g.dtype, "float32");
  });
});

test("an impossible geometry is refused with its numbers", () => {
  scope(() => {
    const x = torch.ones([1, 2, 3, 3]);
    const w = torch.ones([2, 1, 2, 2]);
    const refused = (f: () => unknown, what: RegExp) =>
      assert.throws(f, (e: unknown) => e instanceof TorchError && what.test(e.message));
    refused(() => torch.convTranspose2d(x, w, null, 0), /stride/);
    refused(() => torch.convTranspose2d(x, w, null, [2]), /2 numbers/);
    refused(() => torch.convTranspose2d(x, w, null, 1, -1), /padding/);
    refused(() => torch.convTranspose2d(x, w, null, 2, 0, 2), /output padding/);
    refused(() => torch.convTranspose2d(x, w, null, 1, 5), /empty/);
    refused(() => torch.convTranspose2d(x, torch.ones([3, 1, 2, 2])), /channels/);
    refused(() => torch.convTranspose2d(x.squeezeAt(0), w), /N,C,H,W/);
  });
});
