import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryDataset, Random } from "@gantry/gan/data";
import type { Outcome } from "@gantry/gan/sweep";
import { liveTensors, setThreads } from "@gantry/torch";
import { measureOn, type Result } from "./contrastive/measure.js";
import { report } from "./contrastive/report.js";
import study from "./contrastive.js";
import { temporaryFolder } from "./testing/files.js";

setThreads(1);
process.env.GANTRY_HOME = await temporaryFolder();

/** Images of the class `plain` are nearly all the same, those of `varied` are one grey each. */
function made(count: number, seed: number): MemoryDataset {
  const random = new Random(seed);
  const data = new Uint8Array(new SharedArrayBuffer(count * 784));
  for (let item = 0; item < count; item++) {
    const grey = item % 2 === 0 ? 20 : 40 + random.integer(200);
    for (let pixel = 0; pixel < 784; pixel++) data[item * 784 + pixel] = grey + random.integer(4);
  }
  return new MemoryDataset({
    name: "made",
    kind: "images",
    shape: [1, 28, 28],
    classes: ["plain", "varied"],
    labels: Int32Array.from({ length: count }, (_, item) => item % 2),
    items: { data, record: 784, parts: 1, table: undefined },
  });
}

test("classes alone and among all, single images, and images learned on; the same again from the kept network", async () => {
  const before = liveTensors().count;
  const [train, test_] = [made(64, 1), made(40, 2)];
  const work = { steps: 40, batch: 8, each: 16, copies: 16 };
  const found = await measureOn(train, test_, work, 0, () => {});
  assert.deepEqual(found.classes, ["plain", "varied"]);
  assert.deepEqual(found.copies, [0, 0, 0]);
  // Every image of all is of one of two classes with equally many images.
  assert.ok(Math.abs(found.all - (found.among[0]! + found.among[1]!) / 2) < 1e-6);
  // What is different is told apart more often than what is not.
  assert.ok(found.alone[1]! > found.alone[0]!, `${found.alone}`);
  assert.deepEqual(await measureOn(train, test_, work, 0, () => {}), found);
  await assert.rejects(
    measureOn(train, test_, { ...work, each: 21 }, 0, () => {}),
    /20 images of plain/,
  );
  assert.equal(liveTensors().count, before);
});

test("the report has the table, and says what holds of figure 3", async () => {
  const cells = await study.cells({ seeds: 3, pace: "glance" });
  assert.equal(cells.length, 3);
  const outcomes = cells.map((cell, seed): Outcome<Result> => {
    const result = {
      classes: ["cat", "dog"],
      all: 0.2 + seed / 100,
      alone: [0.1, 0.3],
      among: [0.12, 0.28],
      copies: [0, 0, 0],
      train: 0.25,
    };
    return seed === 2 ? { cell, status: "failed", reason: "no room" } : { cell, status: "done", result };
  });
  const { text, markdown } = report(outcomes);
  assert.match(text, /^all classes +20\.0, 21\.0$/m);
  assert.match(text, /^cat +10\.0, 10\.0 +12\.0, 12\.0$/m);
  assert.match(text, /^mean of the classes +20\.0, 20\.0 +20\.0, 20\.0$/m);
  assert.match(text, /^one image, 32 times \(three images\) +0\.0, 0\.0$/m);
  assert.match(text, /alone than among all in 2 of 4 cases/);
  assert.match(text, /does not hold for dog:/);
  assert.match(text, /seed 2 failed: no room/);
  assert.match(markdown, /^\| dog \|/m);
  await assert.rejects(study.cells({ seeds: 1, pace: "quik" }), /unknown pace 'quik'/);
});
