import assert from "node:assert/strict";
import { test } from "node:test";
import { manualSeed } from "../random.js";
import { scope } from "../scope.js";
import { setThreads } from "../system.js";
import type { Tensor } from "../tensor.js";
import * as nn from "./index.js";
import { assertClose, checkGradient, normal } from "./testing.js";

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
