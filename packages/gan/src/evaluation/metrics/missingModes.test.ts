import assert from "node:assert/strict";
import { test } from "node:test";
import { liveTensors, setThreads } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import { type ImageSource, memoryImages } from "./images.js";
import type { Samples } from "./metric.js";
import missingMetric, { estimateMissingModes } from "./missingModes.js";

setThreads(1);

/** 28 x 28 images of one grey, or of two by turns, with a little noise. */
function greys(name: string, levels: readonly number[], count: number, seed: number): ImageSource {
  const random = new Random(seed);
  const data = Uint8Array.from(
    { length: count * 784 },
    (_, i) => levels[Math.floor(i / 784) % levels.length]! + random.integer(20),
  );
  return memoryImages(name, data, [1, 28, 28]);
}

const generated = greys("generated", [60], 64, 1);
const training = greys("training", [60, 180], 64, 2);
const testImages = greys("test", [60, 180], 40, 3);
const options = { sigma: 1, steps: 80, batch: 8 };

test("a mode that the generator never makes is found in the test images, and one it makes is not", async () => {
  const before = liveTensors().count;
  const found = await estimateMissingModes({ generated, training, test: testImages }, options);
  assert.equal(found.images, 40);
  assert.equal(
    found.histogram.reduce((sum, count) => sum + count, 0),
    40,
  );
  const of = (remainder: number): number[] => [...found.values].filter((_, i) => i % 2 === remainder);
  const [made, missed] = [of(0), of(1)];
  assert.ok(Math.min(...missed) > Math.max(...made), `${Math.min(...missed)}, ${Math.max(...made)}`);
  assert.equal(found.missing, [...found.values].filter((value) => value > 0.9).length);
  const again = await estimateMissingModes({ generated, training, test: testImages }, options);
  assert.deepEqual(again.values, found.values);
  assert.equal(liveTensors().count, before);
});

test("the metric gives a score for each noise, with its histogram and threshold", async () => {
  const samples = (source: ImageSource): Samples => ({
    count: source.count,
    network: "some-net",
    conventions: { quantisation: "clip, nearest", resize: "none" },
    images: () => source,
    features: () => Promise.reject(new Error("not asked for")),
    logits: () => Promise.reject(new Error("not asked for")),
    moments: () => Promise.reject(new Error("not asked for")),
  });
  const set = { fake: samples(generated), real: samples(training), test: samples(testImages) };
  const parsed = missingMetric.options.parse({ steps: 1, batch: 4 });
  assert.deepEqual(parsed.sigmas, [3.5, 4]);
  const scores = await missingMetric.score(parsed, set);
  assert.deepEqual(
    scores.map(({ name, network, samples }) => [name, network, samples]),
    [
      ["missing-3.5", null, { fake: 64, real: 64 }],
      ["missing-4", null, { fake: 64, real: 64 }],
    ],
  );
  assert.equal(scores[0]?.conventions.threshold, 0.9);
  assert.equal(scores[0]?.detail?.histogram?.length, 10);
  await assert.rejects(missingMetric.score(parsed, { fake: set.fake, real: set.real }), /test images/);
});

test("refuses images of other shapes, sizes without a judge, and batches larger than the data", async () => {
  const small = memoryImages("small", new Uint8Array(64 * 100), [1, 10, 10]);
  await assert.rejects(estimateMissingModes({ generated, training, test: small }, options), UsageError);
  await assert.rejects(
    estimateMissingModes({ generated: small, training: small, test: small }, options),
    /28, 32, 48, 64/,
  );
  await assert.rejects(
    estimateMissingModes({ generated, training, test: testImages }, { sigma: 1, batch: 100 }),
    /missing:batch=64 or fewer/,
  );
  // Before the long work too.
  const sizes = { fake: 64, real: 64, test: 64, shape: [1, 28, 28] as const };
  const checked = async (batch: number) =>
    await missingMetric.check?.(missingMetric.options.parse({ batch }), sizes);
  await checked(64);
  await assert.rejects(checked(100), /missing:batch=64 or fewer/);
});
