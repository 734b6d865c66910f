import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { decodePng } from "@gantry/formats";
import { defaultGenerator, liveTensors, setThreads } from "@gantry/torch";
import { UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import { type ImageSource, memoryImages } from "./images.js";
import type { JudgeSettings } from "./judgeSettings.js";
import type { SamplePair, Samples } from "./metric.js";
import { boundOf, estimateMissingModes, leastOf, pictureOfMissing } from "./missingEstimate.js";
import { DEFAULT_JUDGE } from "./missingJudge.js";
import missingMetric from "./missingModes.js";

setThreads(1);

/** 28 x 28 images of one grey, or of several by turns, with a little noise; the greys are their classes. */
function greys(name: string, levels: readonly number[], count: number, seed: number): ImageSource {
  const random = new Random(seed);
  const data = Uint8Array.from(
    { length: count * 784 },
    (_, i) => levels[Math.floor(i / 784) % levels.length]! + random.integer(20),
  );
  const labels = Int32Array.from({ length: count }, (_, i) => i % levels.length);
  return { ...memoryImages(name, data, [1, 28, 28]), labels, classes: levels.map(String) };
}

const small: JudgeSettings = {
  ...DEFAULT_JUDGE,
  options: { channels: 4, discriminatorNorm: "spectral" },
  batch: 8,
};
const levels = [60, 110, 180];
const generated = greys("generated", [60, 110], 48, 1);
const training = greys("training", levels, 96, 2);
const testImages = greys("test", levels, 60, 3);
const sources = { generated, training, test: testImages };
const options = { sigma: 1, steps: 60, judge: small, holes: 1 };

test("a mode that the generator never makes is called missing, and one it makes is not", async () => {
  const before = liveTensors().count;
  const state = defaultGenerator("cpu").getState();
  const found = await estimateMissingModes(sources, { ...options, wrong: 0.1, holes: 0 });
  assert.equal(found.images, 60);
  assert.equal(
    found.histogram.reduce((sum, count) => sum + count, 0),
    60,
  );
  const missed = found.positions.filter((place) => place % 3 === 2);
  assert.ok(missed.length >= 10, `${missed.length} of 20`);
  assert.ok(missed.length / found.missing > 0.9, `${missed.length} of ${found.missing}`);
  // The surest first, all above the threshold, and none other.
  const called = found.positions.map((place) => found.values[place] ?? Number.NaN);
  assert.deepEqual(
    called,
    [...called].sort((a, b) => b - a),
  );
  assert.ok(called.every((value) => value > found.threshold));
  assert.equal(found.missing, [...found.values].filter((value) => value > found.threshold).length);
  assert.equal(liveTensors().count, before);
  assert.deepEqual(defaultGenerator("cpu").getState(), state);
});

test("by default at least half of what is called is missing", async () => {
  const found = await estimateMissingModes(sources, { ...options, holes: 0 });
  const missed = found.positions.filter((place) => place % 3 === 2);
  assert.ok(missed.length >= 10, `${missed.length} of 20`);
  assert.ok(missed.length / found.missing >= 0.5, `${missed.length} of ${found.missing}`);
});

test("turned left to right, images lack nothing of which they have the mirror image", async () => {
  const sided = (name: string, sides: readonly number[], count: number, seed: number): ImageSource => {
    const random = new Random(seed);
    const data = Uint8Array.from({ length: count * 784 }, (_, i) => {
      const isBright = (i % 28 < 14 ? 0 : 1) === sides[Math.floor(i / 784) % sides.length];
      return (isBright ? 180 : 60) + random.integer(21);
    });
    return memoryImages(name, data, [1, 28, 28]);
  };
  const both = {
    generated: sided("generated", [0], 48, 1),
    training: sided("training", [0, 1], 96, 2),
    test: sided("test", [0, 1], 60, 3),
  };
  const counts: number[] = [];
  for (const mirror of [false, true])
    counts.push((await estimateMissingModes(both, { ...options, mirror, holes: 0 })).missing);
  assert.ok(counts[0]! >= 15, `${counts[0]} of 30 without`);
  assert.ok(counts[1]! <= 3, `${counts[1]} with`);
});

test("where nothing is missing about nothing is called, and the same seed calls the same", async () => {
  const whole = { ...sources, generated: greys("generated", levels, 48, 1) };
  const found = await estimateMissingModes(whole, { ...options, holes: 0 });
  assert.ok(found.missing <= 3, `${found.missing} of 60`);
  assert.deepEqual(found.power, []);
  const again = await estimateMissingModes(whole, { ...options, holes: 0 });
  assert.deepEqual(again.values, found.values);
  assert.equal(again.threshold, found.threshold);
});

test("its power: a class of the reals left out is found, or, without classes, a tenth of them", async () => {
  const { power } = await estimateMissingModes(sources, options);
  assert.match(power[0]?.what ?? "", /^the class (60|110|180)$/);
  assert.ok((power[0]?.found ?? 0) >= 0.2, `${power[0]?.found}`);
  assert.ok((power[0]?.right ?? 0) >= 0.5, `${power[0]?.right}`);
  const bare = (source: ImageSource): ImageSource => ({ ...source, labels: undefined });
  const without = { generated, training: bare(training), test: bare(testImages) };
  const { power: tenth } = await estimateMissingModes(without, { ...options, steps: 2 });
  assert.match(tenth[0]?.what ?? "", /^the 10 % around image \d+$/);
});

test("what reals say of themselves is kept for the next generator", async () => {
  const home = await mkdtemp(join(tmpdir(), "gantry-missing-"));
  try {
    const known = (source: ImageSource, digest: string): ImageSource => ({ ...source, digest });
    const given = { ...sources, training: known(training, "training"), test: known(testImages, "test") };
    let steps = 0;
    const count = { home, onProgress: () => steps++ };
    const first = await estimateMissingModes(given, { ...options, steps: 5 }, count);
    const all = steps;
    const again = await estimateMissingModes(given, { ...options, steps: 5 }, count);
    assert.deepEqual(again, first);
    // One judge where there were three.
    assert.ok(2 * (steps - all) < all, `${steps - all} of ${all}`);
    const other = { ...given, test: known(testImages, "another") };
    steps = 0;
    await estimateMissingModes(other, { ...options, steps: 5 }, count);
    assert.equal(steps, all);
  } finally {
    await rm(home, { recursive: true });
  }
});

test("the threshold: generated images are above it a share as often as test images, by counting", () => {
  const numbers = (values: readonly number[]) => Float32Array.from(values);
  // Bounds are values of test images. Of ten generated images none is above 7, one above 5.5, two above 4.2.
  const made = numbers([0, 0, 1, 1, 2, 2, 3, 4, 4.5, 6]);
  const seen = numbers([9, 8, 0, 7, 5.5, 4.2, 1, 2, 2.5, 3]);
  const called = (wrong: number, least = 0) => {
    const bound = boundOf({ made, seen }, least, wrong);
    return seen.filter((value) => value > bound).length;
  };
  assert.deepEqual(
    [0, 2 / 5, 1 / 2].map((wrong) => called(wrong)),
    [2, 3, 4],
  );
  assert.equal(called(1 / 2, 7.5), 1);
  // Nothing is called where generated images are above as often.
  const alike = numbers([1, 2, 3, 4]);
  assert.equal(boundOf({ made: alike, seen: alike }, 0, 1 / 3), 4);
});

test("where reals among themselves would be called, the threshold is what few enough of them exceed", () => {
  const numbers = (count: number, last: number) =>
    Float32Array.from({ length: count }, (_, i) => i - count + last);
  // Alike: the rule calls none of them.
  assert.equal(leastOf({ made: numbers(500, 4), seen: numbers(500, 4) }, 0.01, 0.5), 0);
  // Test images reach 20 further: the 20 are called, and of these five may be.
  assert.equal(leastOf({ made: numbers(500, 4), seen: numbers(500, 24) }, 0.01, 0.5), 18);
  // So many may be.
  assert.equal(leastOf({ made: numbers(500, 4), seen: numbers(500, 24) }, 0.2, 0.5), 0);
});

test("a threshold of one's own needs no judge of reals", async () => {
  const none = await estimateMissingModes(sources, { ...options, steps: 1, holes: 0, threshold: 0.999 });
  assert.equal(none.missing, 0);
  assert.equal(none.threshold, Math.fround(0.999));
});

const pair = (): SamplePair => {
  const samples = (source: ImageSource): Samples => ({
    count: source.count,
    network: "some-net",
    conventions: { quantisation: "clip, nearest", resize: "none" },
    images: () => source,
    features: () => Promise.reject(new Error("not asked for")),
    logits: () => Promise.reject(new Error("not asked for")),
    moments: () => Promise.reject(new Error("not asked for")),
  });
  return {
    fake: samples(generated),
    real: samples(training),
    test: samples(testImages),
    discriminator: small,
  };
};

test("the metric gives a score for each noise, with places, power, and a picture of what is missing", async () => {
  const pictures = new Map<string, Uint8Array>();
  const parsed = missingMetric.options.parse({ steps: 40, sigmas: [1, 4] });
  assert.deepEqual(missingMetric.options.parse({}).sigmas, [3.5, 4]);
  const scores = await missingMetric.score(parsed, pair(), {
    onPicture: (name, png) => pictures.set(name, png),
  });
  assert.deepEqual(
    scores.map(({ name, network, samples }) => [name, network, samples]),
    [
      ["missing-1", null, { fake: 48, real: 96 }],
      ["missing-4", null, { fake: 48, real: 96 }],
    ],
  );
  const [score] = scores;
  assert.equal(score?.detail?.positions?.length, score?.value);
  assert.equal(score?.detail?.threshold?.length, 1);
  assert.equal(score?.detail?.histogram?.length, 10);
  assert.match(score?.note ?? "", /^without the class \d+ it would call /);
  // The run's own discriminator judges.
  assert.equal(score?.conventions.judge, '{"family":"dcgan","channels":4,"discriminatorNorm":"spectral"}');
  assert.ok((score?.value ?? 0) > 0);
  assert.deepEqual([...pictures.keys()][0], "missing-1");
  await assert.rejects(missingMetric.score(parsed, { ...pair(), test: undefined }), /test images/);
});

test("the picture has the surest images first, eight in a row", async () => {
  assert.equal(await pictureOfMissing(testImages, []), undefined);
  const png = await pictureOfMissing(testImages, [2, 0]);
  const { shape, data } = await decodePng(png as Uint8Array);
  assert.deepEqual(shape, [1, 2 * (28 + 4), 2 * (2 * 28 + 6)]);
  const at = (x: number) => data[20 * shape[2] + x] ?? 0;
  assert.ok(at(20) >= 180 && at(80) < 100);
});

test("refuses images of other shapes, sizes without a judge, and batches larger than the data", async () => {
  const tiny = memoryImages("small", new Uint8Array(64 * 100), [1, 10, 10]);
  await assert.rejects(estimateMissingModes({ ...sources, test: tiny }, options), UsageError);
  await assert.rejects(
    estimateMissingModes(sources, { ...options, judge: { ...small, batch: 100 } }),
    /missing:batch=32 or fewer/,
  );
  // Before the long work too.
  const sizes = { fake: 128, real: 192, test: 64, shape: [1, 28, 28] as const };
  const checked = async (given: object, over: object = {}) =>
    await missingMetric.check?.(missingMetric.options.parse(given), { ...sizes, ...over });
  await checked({ batch: 64 });
  await assert.rejects(checked({ batch: 100 }), /missing:batch=76 or fewer/);
  await assert.rejects(checked({}, { shape: [1, 10, 10] }), /cannot judge: .*not \[1,10,10\]/);
  await assert.rejects(checked({ net: { family: "dcgan", chanels: 3 } }), /cannot judge: .*chanels/);
  await checked({}, { discriminator: small, fake: 16, real: 24 });
});
