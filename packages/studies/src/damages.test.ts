import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryDataset, Random } from "@gantry/gan/data";
import type { Outcome } from "@gantry/gan/sweep";
import { liveTensors, setThreads } from "@gantry/torch";
import { blurred, damages, noisy } from "./damages/damages.js";
import type { Result } from "./damages/measure.js";
import { report, verdictOn } from "./damages/report.js";
import study from "./damages.js";

setThreads(1);
const CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/** Each image is one grey: its own number. */
function numbered(count: number): MemoryDataset {
  const data = new Uint8Array(new SharedArrayBuffer(count * 12));
  for (let i = 0; i < count; i++) data.fill(i, 12 * i, 12 * (i + 1));
  return new MemoryDataset({
    name: "numbered",
    kind: "images",
    shape: [3, 2, 2],
    classes: CLASSES,
    labels: Int32Array.from({ length: count }, (_, i) => i % 10),
    items: { data, record: 12, parts: 1, table: undefined },
  });
}

test("blur: a point becomes a Gaussian of that deviation, constants stay, planes do not mix", () => {
  const before = liveTensors().count;
  const size = 21;
  const image = new Uint8Array(3 * size * size);
  image[10 * size + 10] = 255;
  image.fill(77, 2 * size * size);
  const found = blurred(image, [3, size, size], 1);
  // 255 / (2 pi), and its neighbours by exp(-1/2), cut off at 3 standard deviations.
  assert.ok(Math.abs(found[10 * size + 10]! - 40.8) <= 1);
  assert.ok(Math.abs(found[10 * size + 11]! - 40.8 * Math.exp(-0.5)) <= 1);
  assert.equal(found[10 * size + 11], found[9 * size + 10]);
  assert.ok(found.subarray(size * size, 2 * size * size).every((value) => value === 0));
  assert.ok(found.subarray(2 * size * size).every((value) => value === 77));
  assert.equal(liveTensors().count, before);
});

test("noise: of the deviation asked for, the same for the same seed", () => {
  const grey = new Uint8Array(50_000).fill(128);
  const found = noisy(grey, 3, 20);
  const mean = found.reduce((sum, value) => sum + value, 0) / found.length;
  const variance = found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length;
  assert.ok(Math.abs(mean - 128) < 0.5);
  assert.ok(Math.abs(Math.sqrt(variance) - 20) < 0.5);
  assert.deepEqual(noisy(grey, 3, 20), found);
  assert.notDeepEqual(noisy(grey, 4, 20), found);
});

test("the sets are what they say: of the pool only, three classes fewer, a tenth distinct", () => {
  const train = numbered(200);
  const indices = Uint32Array.from({ length: 150 }, (_, i) => 50 + i);
  new Random(1).shuffle(indices);
  const pool = { train, indices, test: numbered(60) };
  const numbers = (name: string) => {
    const data = damages.find((damage) => damage.name === name)!.make(pool, 60, 0);
    assert.equal(data.length, 60 * 12);
    return Array.from({ length: 60 }, (_, i) => data[12 * i]!);
  };
  for (const name of ["none", "classes", "duplicates"])
    assert.ok(
      numbers(name).every((number) => number >= 50),
      name,
    );
  assert.deepEqual(
    numbers("test"),
    Array.from({ length: 60 }, (_, i) => i),
  );
  assert.equal(new Set(numbers("none")).size, 60);
  assert.ok(numbers("classes").every((number) => ![0, 3, 7].includes(number % 10)));
  assert.equal(new Set(numbers("duplicates")).size, 6);
  assert.ok(numbers("one-class").every((number) => number % 10 !== 1));
  assert.ok(numbers("two-classes").every((number) => number % 10 !== 0 && number % 10 !== 5));
});

test("the report says which metric sees which damage", async () => {
  const of = (mean: number, std: number) => ({ count: 4, mean, std });
  assert.equal(verdictOn(of(9, 1), of(3, 1), "lower"), "worse");
  assert.equal(verdictOn(of(9, 1), of(3, 1), "higher"), "better");
  assert.equal(verdictOn(of(4, 1), of(3, 1), "lower"), "alike");
  assert.equal(verdictOn({ count: 1, mean: 9, std: 0 }, of(3, 1), "lower"), "one seed");
  const cells = await study.cells({ seeds: 3, methods: ["none", "blur", "noise"], pace: "glance" });
  assert.equal(cells.length, 9);
  const outcomes = cells.map((cell, i): Outcome<Result> => {
    const value = (cell.method === "blur" ? 90 : 3) + i / 10;
    const score = { name: "fid[cifar10-cnn]", value, better: "lower" as const };
    const result = {
      scores: [{ ...score, samples: { fake: 200, real: 200 }, conventions: {} }],
      network: { name: "cifar10-cnn", weights: "0", source: "", accuracy: 0.8 },
      seconds: 1,
      picture: "",
    };
    return i === 8 ? { cell, status: "failed", reason: "no room" } : { cell, status: "done", result };
  });
  const { text, markdown, pictures } = report(outcomes);
  assert.match(text, /^fid +lower +3\.30 ± 0\.30 +90\.40 ± 0\.30 +3\.35 ± 0\.21 \(alike\)$/m);
  assert.match(text, /noise, seed 2 failed: no room/);
  assert.match(markdown, /!\[blur\]\(blur\.png\)/);
  assert.deepEqual([...pictures.keys()], ["none", "blur", "noise"]);
  await assert.rejects(study.cells({ seeds: 1, methods: ["blurr"] }), /did you mean 'blur'/);
});

test("of the estimate of missing modes it says what is called, how much of it rightly, and how much is found", async () => {
  const cells = await study.cells({ seeds: 1, pace: "missing" });
  assert.deepEqual(
    cells.map(({ problem, method }) => `${problem} ${method}`),
    ["mnist none", "mnist one-class", "cifar10 none", "cifar10 two-classes"],
  );
  const outcomes = cells.map((cell): Outcome<Result> => {
    const whole = cell.method === "none";
    const called = {
      name: "missing-3.5",
      called: 0.0512,
      right: whole ? null : 0.75,
      found: whole ? null : 0.4,
    };
    const score = { name: "missing-3.5", value: 256, better: "lower" as const, conventions: {} };
    const scores = [{ ...score, samples: { fake: 9, real: 9 } }];
    const missing = { "missing-3.5": Buffer.from("png").toString("base64") };
    return { cell, status: "done", result: { called: [called], missing, scores, seconds: 1, picture: "" } };
  });
  const { text, pictures } = report(outcomes);
  assert.match(text, /^mnist +none +0 +3\.5 +5\.1 % +- +-$/m);
  assert.match(text, /^cifar10 +two-classes +0 +3\.5 +5\.1 % +75\.0 % +40\.0 %$/m);
  assert.ok(pictures.has("mnist-one-class-0-missing-3.5"));
});
