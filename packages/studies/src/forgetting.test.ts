import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "@gantry/gan";
import type { Cell, Outcome } from "@gantry/gan/sweep";
import { liveTensors, setThreads } from "@gantry/torch";
import { looksOf, measure, type Result, type Work } from "./forgetting/measure.js";
import { report } from "./forgetting/report.js";
import forgetting from "./forgetting.js";
import { temporaryFolder, writeImages } from "./testing/files.js";

setThreads(1);
const folder = await temporaryFolder();
const path = await writeImages(folder);
const work: Work = {
  data: { train: { path }, test: { path } },
  net: { family: "dcgan", options: { channels: 2, discriminatorNorm: "spectral" } },
  beta: 0.2,
  criticUnits: 4,
  iterations: 3,
  cycles: 2,
  batch: 4,
  learningRate: 2e-4,
  tested: 8,
};
const cell = (over: Partial<Work>, method: string, seed = 0): Cell => ({
  problem: "noise",
  method,
  seed,
  work: { ...work, ...over } as unknown as Cell["work"],
});

test("task after task and round again, tested before, within and after; the same seed, the same readings", async () => {
  const before = liveTensors().count;
  const result = await measure(cell({}, "infomax"));
  assert.equal(result.classes.length, 10);
  const looks = looksOf(3);
  assert.deepEqual(looks, [0, 1, 2, 3]);
  assert.deepEqual(
    result.readings.map(({ cycle, task, into, iteration }) => [cycle, task, into, iteration]),
    [0, 1].flatMap((cycle) =>
      Array.from({ length: 10 }, (_, task) =>
        looks.map((into) => [cycle, task, into, (10 * cycle + task) * 3 + into]),
      ).flat(),
    ),
  );
  // Of eight images each: eighths.
  assert.ok(result.readings.every(({ accuracy }) => Number.isInteger(accuracy * 8) && accuracy <= 1));
  assert.deepEqual(await measure(cell({}, "infomax")), result);
  // Both methods begin with the same network.
  const plain = await measure(cell({ beta: 0 }, "plain"));
  assert.equal(plain.readings[0]?.accuracy, result.readings[0]?.accuracy);
  assert.equal(liveTensors().count, before);
});

test("the report's numbers are means over tasks, and verdicts go by standard errors", () => {
  const done = (method: string, seed: number, kept: number): Outcome<Result> => {
    const of = (cycle: number, task: number, into: number, accuracy: number) => ({
      iteration: 0,
      cycle,
      task,
      into,
      accuracy,
    });
    const readings = [0, 1].flatMap((task) => [
      of(0, task, 0, 0.5),
      of(0, task, 3, 0.7 + task / 10),
      of(1, task, 0, kept),
      of(1, task, 1, 0.6),
      of(1, task, 3, 0.8),
    ]);
    return { cell: cell({}, method, seed), status: "done", result: { classes: ["a", "b"], readings } };
  };
  const outcomes = [
    done("plain", 0, 0.3),
    done("plain", 1, 0.32),
    done("infomax", 0, 0.5),
    done("infomax", 1, 0.52),
  ];
  const { text, markdown, pictures } = report(outcomes);
  assert.match(text, /^plain +2 +75\.0 ± 0\.0 +31\.0 ± 1\.4 +60\.0 ± 0\.0 +80\.0 ± 0\.0$/m);
  assert.match(text, /^kept +51\.0 ± 1\.4 vs 31\.0 ± 1\.4 +holds$/m);
  assert.match(text, /^end +80\.0 ± 0\.0 vs 80\.0 ± 0\.0 +not decided$/m);
  assert.match(markdown, /accuracy-noise\.png/);
  assert.deepEqual([...pictures.keys()], ["accuracy-noise"]);
});

test("any labelled images by name or path; a misspelt name is refused", async () => {
  const cells = await forgetting.cells({ seeds: 2, problems: ["mnist", "some/photos.zip"], iterations: 5 });
  assert.equal(cells.length, 8);
  assert.deepEqual([...new Set(cells.map(({ problem }) => problem))], ["mnist", "photos"]);
  assert.equal((cells[0]!.work as unknown as Work).iterations, 5);
  await assert.rejects(forgetting.cells({ seeds: 1, problems: ["cifar11"] }), /did you mean 'cifar10'/);
  await assert.rejects(forgetting.cells({ seeds: 1, seconds: 5 }), UsageError);
});
