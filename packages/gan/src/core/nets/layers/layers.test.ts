import assert from "node:assert/strict";
import { test } from "node:test";
import { grad, type nn, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { assertClose, assertGradient, fillNetwork, patternTensor } from "../../../testing/networks.js";
import { ChannelMaxout } from "./channelMaxout.js";
import { ConditionalBatchNorm2d } from "./conditionalBatchNorm.js";
import { DBlock } from "./dBlock.js";
import { GBlock } from "./gBlock.js";
import { ProjectedBatchNorm2d } from "./projectedBatchNorm.js";
import { SameConv2d, SameConvTranspose2d, samePadding } from "./same.js";
import { SelfAttention } from "./selfAttention.js";
import { VirtualBatchNorm } from "./virtualBatchNorm.js";

setThreads(1);

/**
 * Compares every gradient of sum(output * cotangent) with central differences. Buffers are put back before every forward:
 * training moves them.
 */
function checkBlock(block: nn.Module, forward: (input: Tensor) => Tensor, input: Tensor): void {
  const buffers = block.buffers().map((buffer) => [buffer, buffer.detach().clone()] as const);
  const loss = () => {
    for (const [buffer, before] of buffers) noGrad(() => buffer.copy_(before));
    const output = forward(input);
    return output.mul(patternTensor("cotangent", output.shape)).sum();
  };
  input.requiresGrad_();
  const named: [string, Tensor][] = [...block.namedParameters(), ["input", input]];
  const gradients = grad(
    loss(),
    named.map(([, tensor]) => tensor),
  );
  const value = () => noGrad(() => scope(() => loss().item()));
  for (const [i, [name, tensor]] of named.entries())
    assertGradient(value, tensor, gradients[i] as Tensor, `gradient of ${name}`);
}

test("a DBlock's gradients with batch norm are its finite differences", () =>
  scope(() => {
    using block = fillNetwork(new DBlock(2, 3, { downsample: true, norm: "batch" }));
    checkBlock(block, (input) => block.forward(input), patternTensor("input", [2, 2, 4, 4], 2));
  }));

for (const shortcutActivation of ["preactivated", "public"] as const) {
  test(`a DBlock's gradients with spectral norm are its finite differences (${shortcutActivation})`, () =>
    scope(() => {
      // In evaluation u and v stand still, as they do for the gradient: moved by a training forward they would not.
      using block = fillNetwork(new DBlock(2, 3, { downsample: true, shortcutActivation })).eval();
      checkBlock(block, (input) => block.forward(input), patternTensor("input", [2, 2, 4, 4], 2));
    }));
}

test("a DBlock's training gradients with spectral norm take u and v for constants", () =>
  scope(() => {
    using block = fillNetwork(new DBlock(2, 2));
    const input = patternTensor("input", [1, 2, 4, 4], 2);
    const loss = () => {
      const output = block.forward(input);
      return output.mul(patternTensor("cotangent", output.shape)).sum();
    };
    const trained = grad(loss(), block.parameters());
    // The training forward has stored the vectors that it used.
    block.eval();
    const evaluated = grad(loss(), block.parameters());
    for (const [i, gradient] of trained.entries())
      assertClose(gradient.toNumbers(), evaluated[i]!.toNumbers(), 1e-12, `gradient ${i}`);
  }));

for (const upsampling of ["nearest", "bilinear"] as const) {
  test(`a GBlock's gradients with batch norm are its finite differences (${upsampling})`, () =>
    scope(() => {
      using block = fillNetwork(new GBlock(3, 2, { upsampling }));
      checkBlock(block, (input) => block.forward(input), patternTensor("input", [2, 3, 3, 3], 2));
    }));
}

test("a conditional GBlock's gradients are its finite differences", () =>
  scope(() => {
    using block = fillNetwork(
      new GBlock(2, 2, { norm: (features) => new ConditionalBatchNorm2d(features, 3) }),
    );
    const label = torch.tensor([2, 0], { dtype: "int64" });
    checkBlock(block, (input) => block.forward(input, label), patternTensor("input", [2, 2, 2, 2], 2));
  }));

test("conditional batch norm scales and shifts by class", () =>
  scope(() => {
    using layer = new ConditionalBatchNorm2d(1, 2);
    const input = torch.tensor([-1, 1, -1, 1], { shape: [2, 1, 1, 2] });
    noGrad(() =>
      layer.embedding.weight.copy_(
        torch.tensor([
          [2, 0],
          [3, 10],
        ]),
      ),
    );
    const output = layer.forward(input, torch.tensor([1, 0], { dtype: "int64" }));
    assertClose(output.toNumbers(), [7, 13, -2, 2], 1e-4, "output");
  }));

test("a projected batch norm's gradients are its finite differences", () =>
  scope(() => {
    using layer = fillNetwork(new ProjectedBatchNorm2d(2, 3)).eval();
    layer.norm.train();
    const vector = patternTensor("vector", [2, 3], 2);
    checkBlock(layer, (input) => layer.forward(input, vector), patternTensor("input", [2, 2, 2, 2], 2));
  }));

test("self-attention's gradients are its finite differences, and it begins as nothing", () =>
  scope(() => {
    using layer = fillNetwork(new SelfAttention(9, { spectralNorm: true })).eval();
    checkBlock(layer, (input) => layer.forward(input), patternTensor("input", [2, 9, 4, 4], 2));
    using fresh = new SelfAttention(8, {});
    const input = torch.randn([2, 8, 4, 4]);
    assert.deepEqual(fresh.forward(input).toNumbers(), input.toNumbers());
  }));

test("self-attention as it is printed: number by number, of C/8 channels, nothing pooled", () =>
  scope(() => {
    using layer = fillNetwork(new SelfAttention(16, { form: "printed" })).to({ dtype: "float64" });
    assert.deepEqual(layer.g.weight.shape, [2, 16, 1, 1]);
    // Of 6 places, which pooling by 2 would not divide.
    const input = patternTensor("input", [1, 16, 3, 2], 2);
    const x = input.flatten(2).select(0, 0).t().toList() as number[][];
    const matrix = ({ weight }: nn.Conv2d) => weight.flatten(1).toList() as number[][];
    const apply = (rows: number[][], vector: number[]) =>
      rows.map((row) => row.reduce((sum, each, i) => sum + each * vector[i]!, 0));
    const [theta, phi, g, output] = [layer.theta, layer.phi, layer.g, layer.output].map(matrix);
    const expected = x.map((here) => {
      const query = apply(theta!, here);
      const near = x.map((there) =>
        Math.exp(apply(phi!, there).reduce((sum, key, c) => sum + key * query[c]!, 0)),
      );
      const total = near.reduce((a, b) => a + b);
      const seen = [0, 1].map((c) =>
        x.reduce((sum, there, j) => sum + (near[j]! / total) * apply(g!, there)[c]!, 0),
      );
      return apply(output!, seen).map((each, c) => here[c]! + layer.gain.item() * each);
    });
    const found = layer.forward(input).flatten(2).select(0, 0).t().contiguous().toNumbers();
    assertClose(found, expected.flat(), 1e-12, "printed");
    checkBlock(layer, (values) => layer.forward(values), patternTensor("other", [2, 16, 2, 2], 2));
  }));

test("self-attention brings to a place what lies anywhere else", () =>
  scope(() => {
    using layer = fillNetwork(new SelfAttention(8, {}));
    const input = patternTensor("input", [1, 8, 8, 8], 2).requiresGrad_();
    const [slope] = grad(layer.forward(input).select(2, 0).select(2, 0).sum(), [input]);
    const far = slope!.abs().sum([0, 1]).toNumbers();
    // Of each 2x2 places one is looked at by every channel's maximum: some of every quarter of the map count.
    for (const row of [0, 4])
      for (const column of [0, 4]) {
        const quarter = far.filter((_, i) => {
          const [y, x] = [Math.floor(i / 8), i % 8];
          return y >= row && y < row + 4 && x >= column && x < column + 4;
        });
        assert.ok(Math.max(...quarter) > 1e-4, `${row},${column}`);
      }
  }));

test("virtual batch norm normalises as it is written, and its gradients are finite differences", () =>
  scope(() => {
    using layer = fillNetwork(new VirtualBatchNorm(2, 3));
    const input = patternTensor("input", [5, 2, 2, 2], 2);
    const values = input.toNumbers();
    const [weight, bias] = [layer.weight!.toNumbers(), layer.bias!.toNumbers()];
    const map = (n: number, c: number) => values.slice(8 * n + 4 * c, 8 * n + 4 * c + 4);
    const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b) / numbers.length;
    const moments = (numbers: readonly number[]) => [mean(numbers), mean(numbers.map((x) => x * x))];
    const expected = [0, 1, 2, 3, 4].flatMap((n) =>
      [0, 1].flatMap((c) => {
        const shared = moments([0, 1, 2].flatMap((reference) => map(reference, c)));
        const own = moments(map(n, c));
        const [m, square] = shared.map((moment, i) => (n < 3 ? moment : (own[i]! + 3 * moment) / 4));
        return map(n, c).map((x) => ((x - m!) / Math.sqrt(square! - m! ** 2 + 1e-5)) * weight[c]! + bias[c]!);
      }),
    );
    assertClose(layer.forward(input).toNumbers(), expected, 1e-12, "output");
    checkBlock(layer, (image) => layer.forward(image), input);
    // A mean of many deviations: bfloat16 has no difference of such moments.
    using far = new VirtualBatchNorm(1, 2);
    const shifted = torch.randn([3, 1, 8, 8]).add(100);
    const [exact, rounded] = [shifted, shifted.to({ dtype: "bfloat16" })].map((map) => far.forward(map));
    assert.equal(rounded!.dtype, "bfloat16");
    assert.ok(exact!.sub(rounded!).abs().max().item() < 1);
  }));

test("virtual batch norm of vectors is that of maps of one place; without scale and shift, that of scale 1 and shift 0", () =>
  scope(() => {
    using layer = fillNetwork(new VirtualBatchNorm(3, 2));
    const input = patternTensor("input", [5, 3], 2);
    const asMap = layer.forward(input.view([5, 3, 1, 1])).toNumbers();
    assertClose(layer.forward(input).toNumbers(), asMap, 1e-12, "of vectors");
    assertClose(
      layer.activated(input, 0.1).toNumbers(),
      asMap.map((x) => (x < 0 ? 0.1 * x : x)),
      1e-12,
      "activated",
    );
    const [weight, bias] = [layer.weight!.toNumbers(), layer.bias!.toNumbers()];
    using plain = new VirtualBatchNorm(3, 2, { affine: false });
    assert.deepEqual(plain.parameters(), []);
    const expected = asMap.map((x, i) => (x - bias[i % 3]!) / weight[i % 3]!);
    assertClose(plain.forward(input).toNumbers(), expected, 1e-9, "plain");
  }));

test("the larger of two pieces, channel by channel", () =>
  scope(() => {
    const maxout = new ChannelMaxout(2);
    const map = torch.tensor([1, 5, 4, 2, -3, 0, -1, -2], { shape: [1, 4, 1, 2] });
    assert.deepEqual(maxout.forward(map).toNumbers(), [4, 5, -1, 0]);
    assert.deepEqual(maxout.forward(map.view([2, 4])).toNumbers(), [5, 4, 0, -1]);
  }));

test("padding SAME puts the odd one at the end", () => {
  assert.deepEqual(samePadding(28, 5, 2), { before: 1, after: 2 });
  assert.deepEqual(samePadding(14, 5, 2), { before: 1, after: 2 });
  assert.deepEqual(samePadding(7, 5, 2), { before: 2, after: 2 });
  assert.deepEqual(samePadding(4, 5, 2), { before: 1, after: 2 });
  assert.deepEqual(samePadding(28, 3, 2), { before: 0, after: 1 });
  assert.deepEqual(samePadding(7, 3, 2), { before: 1, after: 1 });
  assert.deepEqual(samePadding(28, 3, 1), { before: 1, after: 1 });
});

test("SAME convolutions compute what a hand computes", () =>
  scope(() => {
    const ones = (layer: nn.Conv2d | nn.ConvTranspose2d) =>
      noGrad(() => {
        layer.weight.fill_(1);
        layer.bias?.fill_(0);
      });
    using down = new SameConv2d(1, 1, { kernelSize: 3, stride: 2 });
    ones(down);
    const square = torch.tensor(
      Float32Array.from({ length: 16 }, (_, i) => i),
      { shape: [1, 1, 4, 4] },
    );
    // Rows and columns 0-2, and 2-3: one of zeros is added below and to the right, none above.
    assert.deepEqual(down.forward(square).toNumbers(), [45, 39, 66, 50]);
    using up = new SameConvTranspose2d(1, 1, { kernelSize: 3, stride: 2, size: 4 });
    ones(up);
    const small = torch.tensor([1, 2, 3, 4], { shape: [1, 1, 2, 2] });
    assert.deepEqual(up.forward(small).toNumbers(), [1, 1, 3, 2, 1, 1, 3, 2, 4, 4, 10, 6, 3, 3, 7, 4]);
    using odd = new SameConvTranspose2d(1, 1, { kernelSize: 3, stride: 2, size: 3 });
    ones(odd);
    // Size 3 crops one on every side: the middle of the full 5x5.
    assert.deepEqual(odd.forward(small).toNumbers(), [1, 3, 2, 4, 10, 6, 3, 7, 4]);
  }));
