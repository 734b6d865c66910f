import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readSafetensors, writeSafetensors } from "@gantry/formats";
import { liveTensors, scope, setThreads, torch } from "@gantry/torch";
import { UsageError } from "../../../core/base/errors.js";
import { dataContext } from "../../../core/data/context.js";
import { MemoryDataset } from "../../../core/data/dataset.js";
import { Random } from "../../../core/data/random.js";
import { bars } from "../../../testing/datasets.js";
import { classifierMetadata, classifierPath, trainClassifier } from "./classifier.js";
import { featureNetworks } from "./network.js";

setThreads(1);

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "gantry-classifiers-"));
});
after(() => rm(home, { recursive: true, force: true }));

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
  await assert.rejects(
    trainClassifier("digits-cnn", options),
    /below the 99 % it must reach.*keep it all the same by --accept 0\.\d/,
  );
  assert.equal(await classifierMetadata("digits-cnn", context), undefined);
  await assert.rejects(trainClassifier("digits-cnn", { ...options, accept: 0.9 }), /below the 90 % it must/);
  await trainClassifier("digits-cnn", { ...options, accept: 0.01 });
  const kept = await (await featureNetworks.get("digits-cnn")).open(context);
  assert.match(
    kept.note ?? "",
    /^digits-cnn names \d.* of its test images rightly, below the 99 % it should/,
  );
  kept.dispose();
  const signal = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(trainClassifier("digits-cnn", { ...options, signal }), /stopped/);
  await assert.rejects(trainClassifier("cifar10-cnn", { ...options }), /\[3,32,32\]/);
  await assert.rejects(trainClassifier("inception-2015", options), UsageError);
  await assert.rejects(trainClassifier("digits", options), UsageError);
});
