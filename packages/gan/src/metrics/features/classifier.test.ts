import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readSafetensors, writeSafetensors } from "@gantry/formats";
import { liveTensors, scope, setThreads, torch } from "@gantry/torch";
import { dataContext } from "../../data/context.js";
import { type Dataset, MemoryDataset } from "../../data/dataset.js";
import { Random } from "../../data/random.js";
import { UsageError } from "../../errors.js";
import { classifierMetadata, classifierPath, trainClassifier } from "./classifier.js";
import { chooseNetwork, featureNetworks } from "./network.js";

setThreads(1);

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "gantry-classifiers-"));
});
after(() => rm(home, { recursive: true, force: true }));

/** Ten classes that are easily told apart: a bright bar at the class's height, in noise. */
function bars(count: number, seed: number): Dataset {
  const random = new Random(seed);
  const data = new Uint8Array(new SharedArrayBuffer(count * 784));
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % 10;
    for (let p = 0; p < 784; p++) {
      const inBar = Math.floor(p / 28 / 2.8) === labels[i];
      data[i * 784 + p] = random.integer(60) + (inBar ? 180 : 0);
    }
  }
  const classes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
  const items = { data, record: 784, parts: 1, table: undefined };
  return new MemoryDataset({ name: "bars", kind: "images", shape: [1, 28, 28], classes, labels, items });
}

test("a classifier is trained, kept with where it comes from, and opened as a feature network", async () => {
  const [dataset, testDataset] = [bars(640, 1), bars(200, 2)];
  const context = dataContext({ home });
  const definition = await featureNetworks.get("digits-cnn");
  await assert.rejects(definition.open(context), /gantry train-classifier digits-cnn/);
  const losses: number[] = [];
  const live = liveTensors().count;
  const options = {
    dataset,
    testDataset,
    seed: 3,
    epochs: 4,
    context,
    onProgress: ({ loss }: { loss: number }) => losses.push(loss),
  };
  const trained = await trainClassifier("digits-cnn", options);
  assert.equal(liveTensors().count, live);
  assert.ok(trained.accuracy >= 0.99);
  assert.ok(losses.at(-1)! < losses[0]!);
  assert.equal(trained.path, classifierPath({ name: "digits-cnn" }, context));
  assert.deepEqual(await classifierMetadata("digits-cnn", context), {
    version: 1,
    accuracy: trained.accuracy,
    dataset: dataset.digest,
    seed: 3,
  });

  const network = await definition.open(context);
  assert.deepEqual([network.featureSize, network.classes], [128, 10]);
  scope(() => {
    const images = torch.fromTypedArray(testDataset.read([0, 1, 2, 3]), [4, 1, 28, 28]);
    const { features, logits } = network.forward(images);
    assert.deepEqual(features.shape, [4, 128]);
    assert.deepEqual(logits.argmax(1).toNumbers(), [0, 1, 2, 3]);
    // What the last layer reads: not negative, after a ReLU.
    assert.ok(features.min().item() >= 0);
  });
  network.dispose();
  assert.equal(liveTensors().count, live);

  // The same seed gives the same weights.
  const { metadata } = await readSafetensors(trained.path);
  await trainClassifier("digits-cnn", options);
  assert.equal((await readSafetensors(trained.path)).metadata.sha256, metadata.sha256);
});

test("weights of another version, and damaged ones, are refused with what to do", async () => {
  const context = dataContext({ home });
  const definition = await featureNetworks.get("digits-cnn");
  const path = classifierPath({ name: "digits-cnn" }, context);
  const { arrays, metadata } = await readSafetensors(path);
  await writeSafetensors(path, arrays, { ...metadata, version: "0" });
  await assert.rejects(definition.open(context), /another version.*gantry train-classifier digits-cnn/);
  await writeSafetensors(path, arrays, { ...metadata, sha256: "0" });
  await assert.rejects(definition.open(context), /damaged/);
});

test("a classifier that learns too little is not kept; the wrong data, names and an abort are refused", async () => {
  const context = dataContext({ home: join(home, "other") });
  const dataset = bars(256, 1);
  const shuffled = new Random(1);
  const wrong = new MemoryDataset({
    name: "noise",
    kind: "images",
    shape: [1, 28, 28],
    classes: dataset.classes!,
    labels: Int32Array.from({ length: 256 }, () => shuffled.integer(10)),
    items: dataset.shared!,
  });
  const options = { dataset: wrong, testDataset: wrong, epochs: 1, context };
  await assert.rejects(trainClassifier("digits-cnn", options), /below the 99 % it must reach/);
  assert.equal(await classifierMetadata("digits-cnn", context), undefined);
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(trainClassifier("digits-cnn", { ...options, signal }), /stopped/);
  await assert.rejects(trainClassifier("cifar10-cnn", { ...options }), /\[3,32,32\]/);
  await assert.rejects(trainClassifier("inception-2015", options), UsageError);
  await assert.rejects(trainClassifier("digits", options), UsageError);
});

test("without Inception's weights a data set is seen through its own classifier", async () => {
  const context = dataContext({ home: join(home, "none"), cwd: home });
  const torchHome = process.env.TORCH_HOME;
  process.env.TORCH_HOME = join(home, "none");
  try {
    const choose = async (name: string) => (await chooseNetwork({ name, kind: "images" }, context))?.name;
    assert.equal(await choose("cifar10"), "cifar10-cnn");
    assert.equal(await choose("mnist"), "digits-cnn");
    assert.equal(await choose("fashion-mnist"), "fashion-cnn");
    assert.equal(await choose("my-photos"), undefined);
    assert.equal(await chooseNetwork({ name: "ring", kind: "points" }, context), undefined);
  } finally {
    if (torchHome === undefined) delete process.env.TORCH_HOME;
    else process.env.TORCH_HOME = torchHome;
  }
});
