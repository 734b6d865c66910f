import assert from "node:assert/strict";
import { test } from "node:test";
import { nn, type Tensor } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import { Generator } from "../nets/contract.js";
import { Prior } from "../nets/prior.js";
import { standStatistics } from "./standing.js";

/** Two batch norms in a row, after nothing: what each sees can be told. */
class Norms extends Generator {
  readonly prior = new Prior({ size: 3, distribution: "normal" });
  readonly outputShape = [3];
  override readonly classes = 4;
  readonly first = new nn.BatchNorm1d(3);
  readonly dropout = new nn.Dropout(0.5);
  readonly second = new nn.BatchNorm1d(3);
  readonly #seen: number[][] = [];
  readonly #labels: number[] = [];

  get seen(): number[][] {
    return this.#seen;
  }

  get labels(): number[] {
    return this.#labels;
  }

  forward(latent: Tensor, label?: Tensor): Tensor {
    this.#seen.push(latent.toNumbers());
    this.#labels.push(...(label?.toNumbers() ?? []));
    return this.second.forward(this.dropout.forward(this.first.forward(latent)));
  }
}

class Plain extends Generator {
  readonly prior = new Prior({ size: 3, distribution: "normal" });
  readonly outputShape = [3];
  readonly linear = new nn.Linear(3, 3);

  forward(latent: Tensor): Tensor {
    return this.linear.forward(latent);
  }
}

const options = { batches: 5, batch: 8, truncation: Number.POSITIVE_INFINITY, device: "cpu" } as const;

test("statistics are the plain averages of those of every batch, the variance unbiased", () => {
  const net = new Norms();
  standStatistics(net, options);
  assert.equal(net.seen.length, 5);
  const [means, variances, second] = [
    [0, 0, 0],
    [0, 0, 0],
    [0, 0, 0],
  ] as [number[], number[], number[]];
  for (const batch of net.seen)
    for (let channel = 0; channel < 3; channel++) {
      const values = batch.filter((_, at) => at % 3 === channel);
      const mean = values.reduce((sum, value) => sum + value, 0) / 8;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      means[channel]! += mean / 5;
      variances[channel]! += squares / 7 / 5;
      // What the first makes of a batch has mean 0 and a biased variance of v / (v + eps).
      second[channel]! += (8 / 7) * (squares / 8 / (squares / 8 + 1e-5)) * 0.2;
    }
  const close = (actual: number[], expected: number[]) => {
    for (const [i, value] of actual.entries()) assert.ok(Math.abs(value - expected[i]!) < 1e-5, `${actual}`);
  };
  close(net.first.runningMean.toNumbers(), means);
  close(net.first.runningVar.toNumbers(), variances);
  close(net.second.runningMean.toNumbers(), [0, 0, 0]);
  close(net.second.runningVar.toNumbers(), second);
  assert.deepEqual(new Set(net.labels), new Set([0, 1, 2, 3]));
  // Nothing else was in training, and nothing is now.
  assert.ok(net.namedModules().every(([, module]) => !module.training));
});

test("the same again gives the same; truncated latents are truncated here too", () => {
  const [a, b, c] = [new Norms(), new Norms(), new Norms()];
  standStatistics(a, options);
  standStatistics(b, options);
  assert.deepEqual(b.first.runningVar.toNumbers(), a.first.runningVar.toNumbers());
  standStatistics(c, { ...options, truncation: 0.5 });
  assert.ok(c.seen.flat().every((value) => Math.abs(value) <= 0.5));
});

test("a generator without batch norm and batches of one are refused", () => {
  for (const [net, batch, reason] of [
    [new Plain(), 8, /has no batch norm/],
    [new Norms(), 1, /batches of 2 or more/],
  ] as const)
    assert.throws(
      () => standStatistics(net, { ...options, batch }),
      (error) => error instanceof UsageError && reason.test(error.message),
    );
});
