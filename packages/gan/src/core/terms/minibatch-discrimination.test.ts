import assert from "node:assert/strict";
import { test } from "node:test";
import { nn, noGrad, scope, setThreads, type Tensor, torch } from "@gantry/torch";
import { assertClose, patternTensor } from "../../testing/networks.js";
import { checkLossGradient, TinyGame, type TinyOptions } from "../../testing/tinyGame.js";
import { UsageError } from "../base/errors.js";
import type { Discriminator } from "../nets/contract.js";
import { MinibatchDiscrimination } from "../nets/layers/minibatchDiscrimination.js";

setThreads(1);

const [FEATURES, KERNELS, DIMENSIONS] = [4, 3, 2];

const layerOf = (reduction: "mean" | "sum" = "mean"): MinibatchDiscrimination =>
  new MinibatchDiscrimination(FEATURES, { kernels: KERNELS, dimensions: DIMENSIONS, reduction }).to({
    dtype: "float64",
  });

const rowsOf = (matrix: Tensor): number[][] => matrix.toList() as number[][];

/** The definition, number by number: each image's closeness to the others, by kernel, and the distances they come from. */
function written(layer: MinibatchDiscrimination, features: readonly number[][]) {
  const theta = rowsOf(layer.theta);
  const logLength = layer.logLength.toNumbers();
  const unit = layer.unit.toNumbers();
  const column = (c: number) => {
    const values = theta.map((row) => row[c] as number);
    const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    return values.map((value) => (value / norm) * Math.exp(logLength[c] as number));
  };
  const project = (row: readonly number[], c: number) =>
    column(c).reduce((sum, weight, f) => sum + weight * (row[f] as number), 0);
  const distance = (i: number, j: number, b: number) => {
    let sum = 0;
    for (let c = b * DIMENSIONS; c < (b + 1) * DIMENSIONS; c++)
      sum += Math.abs(project(features[i]!, c) - project(features[j]!, c));
    return sum;
  };
  const others = (i: number) => features.map((_, j) => j).filter((j) => j !== i);
  const weights = layer.output.weight.toNumbers();
  const scores = features.map((_, i) =>
    weights.reduce(
      (sum, weight, b) =>
        sum +
        (weight * others(i).reduce((near, j) => near + Math.exp(-distance(i, j, b) / (unit[b] || 1)), 0)) /
          others(i).length,
      0,
    ),
  );
  /** Mean distance to the next image, by kernel. */
  const next = weights.map(
    (_, b) =>
      features.reduce((sum, _row, i) => sum + Math.min(...others(i).map((j) => distance(i, j, b))), 0) /
      features.length,
  );
  return { scores, next };
}

test("the scores are the definition's; the first batch in training sets every kernel's unit, no other and no evaluation", () => {
  scope(() => {
    const layer = layerOf();
    noGrad(() => layer.logLength.copy_(patternTensor("length", [KERNELS * DIMENSIONS])));
    const first = patternTensor("first", [5, FEATURES], 6);
    const second = patternTensor("second", [4, FEATURES], 3);
    layer.train(false);
    const judged = () => layer.forward(first).toNumbers();
    assertClose(judged(), written(layer, rowsOf(first)).scores, 1e-12, "before any training");
    assert.deepEqual(layer.unit.toNumbers(), [0, 0, 0]);
    layer.train(true);
    const scores = judged();
    const { next } = written(layer, rowsOf(first));
    assertClose(
      layer.unit.toNumbers(),
      next.map((distance) => distance / 2),
      1e-12,
      "units",
    );
    assertClose(scores, written(layer, rowsOf(first)).scores, 1e-12, "first batch");
    const units = layer.unit.toNumbers();
    assertClose(layer.forward(second).toNumbers(), written(layer, rowsOf(second)).scores, 1e-12, "second");
    assert.deepEqual(layer.unit.toNumbers(), units);
  });
});

test("as a sum it is the definition's mean, as many times as there are others; a batch of one is 0", () => {
  scope(() => {
    const layer = layerOf("sum");
    const batch = patternTensor("batch", [5, FEATURES], 6);
    const scores = layer.forward(batch).toNumbers();
    const expected = written(layer, rowsOf(batch)).scores.map((score) => 4 * score);
    assertClose(scores, expected, 1e-12, "sum");
    assertClose(layer.forward(batch.narrow(0, 0, 1)).toNumbers(), [0], 1e-12, "alone");
  });
});

test("the term's reduction is the layer's", async () => {
  const scoreOf = async (reduction: string) => {
    using tiny = await TinyGame.create({
      ...points,
      terms: { ...terms, "minibatch-discrimination": { kernels: 3, dimensions: 2, reduction } },
    });
    const head = tiny.game
      .network<Discriminator>("discriminator")
      .head<MinibatchDiscrimination>("minibatch-discrimination");
    return scope(() =>
      head
        .eval()
        .forward(patternTensor("x", [4, 5], 2))
        .toNumbers(),
    );
  };
  const [mean, sum] = [await scoreOf("mean"), await scoreOf("sum")];
  assertClose(
    sum,
    mean.map((score) => 3 * score),
    1e-12,
    "sum of three others",
  );
});

test("images that are all alike are 1 from one another in every kernel, whatever the units", () => {
  scope(() => {
    const layer = layerOf();
    const same = torch.ones([4, FEATURES], { dtype: "float64" });
    const sum = layer.output.weight.toNumbers().reduce((a, b) => a + b, 0);
    assertClose(layer.forward(same).toNumbers(), [sum, sum, sum, sum], 1e-12, "alike");
    assert.deepEqual(layer.unit.toNumbers(), [1, 1, 1]);
  });
});

test("batches judged together are compared each within itself", () => {
  scope(() => {
    const layer = layerOf();
    const [a, b] = ["a", "b"].map((name) => patternTensor(name, [4, FEATURES], 3)) as [Tensor, Tensor];
    layer.forward(a);
    const apart = [...layer.forward(a).toNumbers(), ...layer.forward(b).toNumbers()];
    const together = nn.batchGroups(2, () => layer.forward(torch.cat([a, b]))).toNumbers();
    assertClose(together, apart, 1e-13, "together");
    assert.notDeepEqual(layer.forward(torch.cat([a, b])).toNumbers(), apart);
  });
});

const points: Pick<TinyOptions, "net" | "data"> = {
  net: {
    family: "mlp",
    prior: { size: 2 },
    generatorHidden: [5],
    discriminatorHidden: [5],
    generatorActivation: "tanh",
    discriminatorActivation: "tanh",
  },
  data: { kind: "points", shape: [2], classes: undefined },
};
const images: Pick<TinyOptions, "net" | "data"> = {
  net: { family: "dcgan", prior: { size: 3 }, channels: 1 },
  data: { kind: "images", shape: [1, 28, 28], classes: undefined },
};
const terms = { "non-saturating": {}, "minibatch-discrimination": { kernels: 3, dimensions: 2 } };

test("gradients of D and G match finite differences, also of a gradient penalty's", async () => {
  for (const options of [
    { ...points, terms },
    { ...images, terms },
    { ...points, terms: { ...terms, "gradient-penalty": {} } },
  ]) {
    using tiny = await TinyGame.create(options);
    // Sets the units: they are constants from then on.
    tiny.iterate(1);
    for (const player of ["discriminator", "generator"])
      checkLossGradient(tiny, [player], { perParameter: 3, tolerance: 1e-5 });
  }
});

test("it changes what D says, as D's parameter, with D's spectral norm; only D moves it", async () => {
  using tiny = await TinyGame.create({ ...points, terms });
  const network = tiny.game.network<Discriminator>("discriminator");
  const names = network.namedParameters().map(([name]) => name);
  for (const name of ["theta", "log_length", "output.weight"])
    assert.ok(names.includes(`heads.minibatch-discrimination.${name}`), name);
  const head = () =>
    network
      .head("minibatch-discrimination")
      .parameters()
      .map((each) => each.toNumbers());
  const before = head();
  tiny.step("generator");
  assert.deepEqual(head(), before);
  tiny.step("discriminator");
  for (const [i, values] of head().entries()) assert.notDeepEqual(values, before[i]);
  const normed = { ...images.net, discriminatorNorm: "spectral" };
  using spectral = await TinyGame.create({ ...images, net: normed, terms });
  const other = spectral.game
    .network<Discriminator>("discriminator")
    .head<MinibatchDiscrimination>("minibatch-discrimination");
  assert.ok(other.output.weightU !== undefined);
});

test("a batch of which D judges one at a time is refused", async () => {
  const refused = (options: Partial<TinyOptions>) =>
    assert.rejects(
      TinyGame.create({ ...points, terms, ...options }),
      (error) => error instanceof UsageError && /set batch=/.test(error.message),
    );
  await refused({ batch: 1 });
  await refused({ batch: 2, terms: { ...terms, packing: { degree: 2 } } });
});
