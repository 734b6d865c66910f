import assert from "node:assert/strict";
import { test } from "node:test";
import { nn, torch } from "@gantry/torch";
import type { Clock } from "../base/schedule.js";
import { makeOptimizer, scheduleOptimizer } from "./optimizers.js";
import { optimizerSchema } from "./schema.js";

const AT: Clock = { iteration: 5, steps: 10, epoch: 1, images: 80 };

const half = (from: number, to: number) => ({ from, to, over: { iterations: 10 } });

/** What each kind may have scheduled, each halfway between two values after five of ten iterations. */
const KINDS = {
  adam: {
    given: { learningRate: half(1, 0), betas: [half(0, 0.8), 0.9], weightDecay: half(0, 0.2) },
    first: { learningRate: 1, betas: [0, 0.9], weightDecay: 0 },
    middle: { learningRate: 0.5, betas: [0.4, 0.9], weightDecay: 0.1 },
  },
  sgd: {
    given: { learningRate: half(1, 0), momentum: half(0.5, 0.9), weightDecay: half(0.2, 0) },
    first: { learningRate: 1, momentum: 0.5, weightDecay: 0.2 },
    middle: { learningRate: 0.5, momentum: 0.7, weightDecay: 0.1 },
  },
  rmsprop: {
    given: { learningRate: half(1, 0), alpha: half(0.9, 0.5), momentum: half(0, 0.8) },
    first: { learningRate: 1, alpha: 0.9, momentum: 0 },
    middle: { learningRate: 0.5, alpha: 0.7, momentum: 0.4 },
  },
};

for (const [kind, { given, first, middle }] of Object.entries(KINDS)) {
  test(`${kind}: what is scheduled begins with its first value and goes with the training`, () => {
    const optimizers = { default: optimizerSchema.parse({ kind, ...given }) };
    const optimizer = makeOptimizer(optimizers, "generator", [nn.parameter(torch.ones([2]))]);
    const seen = () =>
      Object.fromEntries(Object.keys(first).map((name) => [name, Reflect.get(optimizer, name)]));
    assert.deepEqual(seen(), first);
    scheduleOptimizer(optimizers, "generator", optimizer, AT);
    assert.deepEqual(JSON.stringify(seen(), round), JSON.stringify(middle));
    optimizer.dispose();
  });
}

const round = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toFixed(12)) : value);
