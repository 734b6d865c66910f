import assert from "node:assert/strict";
import { test } from "node:test";
import { grad } from "../autograd.js";
import { functions as torch } from "../ops_gen.js";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import type { Tensor } from "../tensor.js";
import { assertClose, checkGradient, normal } from "../testing/modules.js";
import { plainly } from "../testing/plainly.js";
import * as nn from "./index.js";

setThreads(1);

const column = (tensor: Tensor, channel: number) => tensor.select(1, channel).toNumbers();
const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
const variance = (xs: number[]) => xs.reduce((a, b) => a + (b - mean(xs)) ** 2, 0) / (xs.length - 1);

test("two interleaved streams have their own statistics and one scale and shift", () =>
  scope(() => {
    using norm = new nn.BatchNorm1d(2).to({ dtype: "float64" });
    const expected = {
      default: { mean: [0, 0], var: [1, 1] },
      fake: { mean: [0, 0], var: [1, 1] },
    };
    for (let i = 0; i < 6; i++) {
      const name = i % 2 === 0 ? "default" : "fake";
      const batch = normal(5, 2)
        .mul(i + 1)
        .add(name === "fake" ? 10 : -3);
      const output = nn.batchStatistics(name, () => norm.forward(batch));
      for (const channel of [0, 1]) {
        const values = column(batch, channel);
        const own = expected[name];
        own.mean[channel] = 0.9 * (own.mean[channel] as number) + 0.1 * mean(values);
        own.var[channel] = 0.9 * (own.var[channel] as number) + 0.1 * variance(values);
        assertClose([mean(column(output, channel))], [0], 1e-9);
      }
    }
    const state = norm.stateDict();
    assert.deepEqual(
      [...state.keys()],
      [
        ...["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
        ...["running_mean.fake", "running_var.fake", "num_batches_tracked.fake"],
      ],
    );
    for (const [name, suffix] of [
      ["default", ""],
      ["fake", ".fake"],
    ] as const) {
      assertClose(state.get(`running_mean${suffix}`) as Tensor, expected[name].mean, 1e-12);
      assertClose(state.get(`running_var${suffix}`) as Tensor, expected[name].var, 1e-12);
      assert.equal(state.get(`num_batches_tracked${suffix}`)?.item(), 3);
    }
    assert.equal(norm.parameters().length, 2);

    // In evaluation each stream is normalised by its own.
    norm.eval();
    const batch = normal(1, 2);
    const [x = 0] = column(batch, 0);
    const evaluated = nn.batchStatistics("fake", () => norm.forward(batch));
    const { mean: fakeMean, var: fakeVariance } = expected.fake;
    assertClose(
      column(evaluated, 0),
      [(x - (fakeMean[0] as number)) / Math.sqrt((fakeVariance[0] as number) + 1e-5)],
      1e-9,
    );
  }));

test("a batch in groups is normalised as if each came by itself", () => {
  /** Output, gradients by input, scale and shift, gradients of a function of the first, and running statistics. */
  const everything = (batch: Tensor, slope: number, apart: boolean): Tensor[] => {
    const norm = new nn.BatchNorm2d(batch.size(1)).to({ dtype: "float64" });
    const input = batch.detach().requiresGrad_();
    const leaves = [input, ...norm.parameters()];
    const output = apart
      ? torch.cat(
          input.chunk(3, 0).map((part) => norm.activated(part, slope)),
          0,
        )
      : nn.batchGroups(3, () => norm.activated(input, slope));
    const weighed = output.mul(
      torch.arange(0, output.numel, 1, { dtype: "float64" }).reshape(output.shape).cos(),
    );
    const plain = grad(weighed.sum(), leaves, { retainGraph: true });
    const first = grad(weighed.sum(), leaves, { createGraph: true });
    const second = grad((first[0] as Tensor).pow(2).sum(), leaves, { allowUnused: true });
    return [output, ...plain, ...first, ...second, ...norm.buffers()].filter((t) => t !== undefined);
  };
  // Channels that Gantry's kernels take, and that they do not.
  for (const channels of [32, 5])
    for (const slope of [1, 0.2])
      for (const names of [[], ["activated-batch-norm"]] as const)
        scope(() => {
          const batch = normal(6, channels, 3, 2).add(normal(6, 1, 1, 1));
          const found = plainly(names, () => everything(batch, slope, false));
          const expected = plainly(names, () => everything(batch, slope, true));
          assert.ok(found.length >= 12);
          for (const [i, value] of found.entries())
            assertClose(value, (expected[i] as Tensor).toNumbers(), 1e-10);
        });
  scope(() => {
    using norm = new nn.BatchNorm1d(2).to({ dtype: "float64" });
    assert.throws(() => nn.batchGroups(2, () => norm.forward(normal(3, 2))), /into 2 of one size/);
    assert.throws(() => nn.batchGroups(3, () => norm.forward(normal(3, 2))), /more than one value/);
    norm.eval();
    assert.deepEqual(nn.batchGroups(2, () => norm.forward(normal(3, 2))).shape, [3, 2]);
  });
  assert.equal(nn.currentBatchGroups(), 1);
});

test("a state with named statistics makes them where it is loaded", () =>
  scope(() => {
    const build = () => new nn.Sequential(new nn.BatchNorm1d(2));
    using one = build();
    nn.batchStatistics("of data", () => one.forward(normal(3, 2).to({ dtype: "float32" })));
    using other = build();
    other.loadStateDict(one.stateDict());
    for (const [key, value] of one.stateDict())
      assert.deepEqual(other.stateDict().get(key)?.toNumbers(), value.toNumbers(), key);
    assert.ok(other.stateDict().has("0.running_mean.of data"));
  }));

test("batchStatistics() nests and is undone when its body throws", () => {
  nn.batchStatistics("a", () => {
    assert.throws(() =>
      nn.batchStatistics("b", () => {
        assert.equal(nn.currentBatchStatistics(), "b");
        throw new Error();
      }),
    );
    assert.equal(nn.currentBatchStatistics(), "a");
  });
  assert.equal(nn.currentBatchStatistics(), "default");
});

test("gradients through a training batch norm are the finite differences", () =>
  scope(() => {
    manualSeed(1);
    using norm = new nn.BatchNorm2d(2).to({ dtype: "float64" });
    const cotangent = normal(2, 2, 2, 2);
    checkGradient(
      (x, weight, bias) =>
        nn.withParameters(norm.parameters(), [weight as Tensor, bias as Tensor], () =>
          norm
            .forward(x as Tensor)
            .tanh()
            .mul(cotangent)
            .sum(),
        ),
      [normal(2, 2, 2, 2), normal(2), normal(2)],
    );
  }));
