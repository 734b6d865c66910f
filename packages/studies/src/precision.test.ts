import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodePng, encodeCifar } from "@gantry/formats";
import { type Config, UsageError } from "@gantry/gan";
import { MemoryDataset, Random } from "@gantry/gan/data";
import { trainClassifier } from "@gantry/gan/metrics";
import type { Cell, Done, Outcome } from "@gantry/gan/sweep";
import { setThreads } from "@gantry/torch";
import { runStudy } from "./engine/runStudy.js";
import type { Result, Time, Work } from "./precision/measure.js";
import { report, verdictOn } from "./precision/report.js";
import study from "./precision.js";

setThreads(1);
const home = mkdtempSync(join(tmpdir(), "gantry-precision-"));
process.env.GANTRY_HOME = home;
after(() => rmSync(home, { recursive: true, force: true }));

const SIZE = 3 * 32 * 32;

/** Images of one colour each, by class, with noise: told apart after a few steps. */
function colours(count: number, seed: number) {
  const random = new Random(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  const data = new Uint8Array(new SharedArrayBuffer(count * SIZE));
  for (let i = 0; i < data.length; i++) {
    const label = Math.floor(i / SIZE) % 10;
    const channel = Math.floor(i / 1024) % 3;
    data[i] =
      (label < 8 ? 200 * ((label >> channel) & 1) : 100 + (label - 8) * 50 * channel) + random.integer(20);
  }
  return { labels, data };
}

function datasetOf(count: number, seed: number): MemoryDataset {
  const { labels, data } = colours(count, seed);
  const classes = Array.from({ length: 10 }, (_, i) => `colour ${i}`);
  const items = { data, record: SIZE, parts: 1, table: undefined };
  return new MemoryDataset({
    name: "colours",
    kind: "images",
    shape: [3, 32, 32],
    classes,
    labels: Int32Array.from(labels),
    items,
  });
}

before(async () => {
  // CIFAR-10's official files, of 20 images each.
  const folder = join(home, "data", "cifar-10-batches-bin");
  await mkdir(folder, { recursive: true });
  const files = [
    "data_batch_1",
    "data_batch_2",
    "data_batch_3",
    "data_batch_4",
    "data_batch_5",
    "test_batch",
  ];
  for (const [seed, name] of files.entries()) {
    const { labels, data } = colours(20, seed);
    const bytes = encodeCifar({ count: 20, images: Uint8Array.from(data), labels, coarse: undefined });
    await writeFile(join(folder, `${name}.bin`), bytes);
  }
  const classifier = { dataset: datasetOf(640, 1), testDataset: datasetOf(100, 2) };
  await trainClassifier("cifar10-cnn", { ...classifier, epochs: 6 });
});

const workOf = ({ work }: Cell) => work as unknown as Work;

test("the precisions differ in nothing else; the learning rate falls over the whole of the pace", async () => {
  const cells = await study.cells({ seeds: 2, iterations: 400 });
  assert.deepEqual(
    cells.map(({ method, seed }) => [method, seed]),
    [
      ["float32", 0],
      ["bfloat16", 0],
      ["float32", 1],
      ["bfloat16", 1],
    ],
  );
  const [plain, half] = cells.map((cell) => workOf(cell).config) as [Config, Config];
  assert.deepEqual({ ...half, precision: "float32" }, plain);
  assert.deepEqual(
    [plain.net.channels, plain.steps, typeof plain.optimizers.default?.learningRate],
    [64, 3000, "object"],
  );
  assert.equal(workOf(cells[0] as Cell).until, 400);
  const [longer] = await study.cells({ seeds: 1, iterations: 5000, methods: ["bfloat16"] });
  assert.equal(workOf(longer as Cell).config.steps, 5000);
  await assert.rejects(study.cells({ seeds: 1, methods: ["bfloat"] }), /did you mean 'bfloat16'/);
  await assert.rejects(study.cells({ seeds: 1, seconds: 5 }), (error) => error instanceof UsageError);
});

/** A training of moments, that comes to an iteration. */
async function tiny(until: number): Promise<Cell> {
  const [cell] = await study.cells({ seeds: 1, iterations: until, methods: ["bfloat16"], pace: "quick" });
  const { config, ...work } = workOf(cell as Cell);
  const small: Work = {
    ...work,
    config: { ...config, batch: 2, net: { ...config.net, channels: 16 } },
    every: 2,
    samples: 100,
    least: 100,
  };
  return { ...(cell as Cell), work: small as unknown as Cell["work"] };
}

const timeless = ({ curve }: Result) => curve.map(({ seconds: _, ...time }: Time) => time);

test("asked for more iterations, a training goes on, and ends as one that was never interrupted", async () => {
  const folder = join(home, "cells");
  const told: string[] = [];
  const onProgress = (_: Cell, message: string) => told.push(message.split(":")[0] as string);
  const run = async (until: number) => {
    const [outcome] = await runStudy(study, [await tiny(until)], {
      folder,
      jobs: 1,
      onProgress,
    });
    assert.equal(outcome?.status, "done", JSON.stringify(outcome));
    return (outcome as Done<Result>).result;
  };
  await run(2);
  assert.ok(existsSync(join(folder, "cifar10-bfloat16-0.work")));
  const parted = await run(4);
  assert.deepEqual(told, ["iteration 2", "iteration 4"]);
  const [fewer] = await runStudy(study, [await tiny(3)], { folder, jobs: 1 });
  assert.match(JSON.stringify(fewer), /has come to iteration 4 already/);
  const whole = (await study.measure(await tiny(4), {
    folder: join(home, "whole"),
    tell: () => {},
    signal: new AbortController().signal,
  })) as Result;
  assert.deepEqual(timeless(parted), timeless(whole));
  assert.equal(parted.grid, whole.grid);
  assert.deepEqual((await decodePng(Buffer.from(parted.grid, "base64"))).shape.at(0), 3);
  assert.ok(whole.curve.every(({ fid }) => Number.isFinite(fid) && fid > 0));
  assert.equal(parted.curve[1]!.seconds > parted.curve[0]!.seconds, true);
});

test("the report sets the means against the seeds' spread", async () => {
  const cells = await study.cells({ seeds: 3, iterations: 500 });
  const outcomes = cells.map((cell, i): Outcome<Result> => {
    if (i === 5) return { cell, status: "failed", reason: "no room" };
    const high = cell.method === "bfloat16" ? 5 : 0;
    const curve = [
      { iteration: 250, fid: 20 + cell.seed, seconds: 500 },
      { iteration: 500, fid: 10 + cell.seed / 10 + high, seconds: 1000 },
    ];
    return { cell, status: "done", result: { curve, accuracy: 0.8, grid: "" } };
  });
  const { text, markdown, pictures, data } = report(outcomes);
  assert.match(text, /^250 +21\.000 ± 1\.000 +20\.500 ± 0\.707 +-0\.7 +within the seeds' spread$/m);
  assert.match(text, /^500 +10\.100 ± 0\.100 +15\.050 ± 0\.071 +\d+\.\d +bfloat16 is worse$/m);
  assert.match(text, /bfloat16, seed 2 failed: no room/);
  assert.match(text, /Processor seconds an iteration: float32 2\.00 ± 0\.00, bfloat16 2\.00 ± 0\.00/);
  assert.match(markdown, /!\[FID during training\]\(fid\.png\)/);
  assert.deepEqual([...pictures.keys()], ["fid", "samples-float32", "samples-bfloat16"]);
  assert.equal((data as { rows: unknown[] }).rows.length, 2);
  assert.equal(verdictOn(-3), "bfloat16 is better");
  assert.match(verdictOn(null), /not decided/);
});
