import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodePng, readSafetensors, writeSafetensors } from "@gantry/formats";
import { type Config, RunError, UsageError } from "@gantry/gan";
import { dataContext, MemoryDataset, Random } from "@gantry/gan/data";
import { classifierPath, trainClassifier } from "@gantry/gan/metrics";
import type { Cell, Done, Outcome } from "@gantry/gan/sweep";
import { setThreads } from "@gantry/torch";
import { runStudy } from "./engine/runStudy.js";
import { Judge } from "./stacked-mnist/judge.js";
import type { Result, Work } from "./stacked-mnist/measure.js";
import study from "./stacked-mnist.js";

setThreads(1);
const home = mkdtempSync(join(tmpdir(), "gantry-stacked-"));
process.env.GANTRY_HOME = home;
after(() => rmSync(home, { recursive: true, force: true }));

/** A bright bar at the digit's height: told apart after a few steps, which handwriting is not. */
function bar(digit: number, random: Random): Uint8Array {
  return Uint8Array.from(
    { length: 784 },
    (_, p) => random.integer(60) + (Math.floor(p / 28 / 2.8) === digit ? 180 : 0),
  );
}

function bars(count: number, seed: number): MemoryDataset {
  const random = new Random(seed);
  const data = new Uint8Array(new SharedArrayBuffer(count * 784));
  const labels = Int32Array.from({ length: count }, (_, i) => i % 10);
  for (const [i, digit] of labels.entries()) data.set(bar(digit, random), i * 784);
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
  const items = { data, record: 784, parts: 1, table: undefined };
  return new MemoryDataset({ name: "bars", kind: "images", shape: [1, 28, 28], classes, labels, items });
}

before(() => trainClassifier("digits-cnn", { dataset: bars(640, 1), testDataset: bars(200, 2) }));

const configOf = ({ work }: Cell) => (work as unknown as Work).config as Config;

test("methods differ in their terms, and PacGAN in its batch, in nothing else; time or iterations", async () => {
  const cells = await study.cells({ seeds: 1 });
  assert.deepEqual(
    cells.map(({ method }) => method),
    ["real", "dcgan", "pacgan2", "reg-gan", "ivlsgan", "infomax", "adaptive-weights"],
  );
  const [real, plain, ...others] = cells as [Cell, Cell, ...Cell[]];
  assert.deepEqual(real.work, { config: null, seconds: null, samples: 26_000 });
  assert.equal(plain.work.seconds, 1200);
  const { schedule, batch, net, optimizers } = configOf(plain);
  assert.deepEqual([schedule.generatorSteps, batch, net.channels], [2, 64, 64]);
  assert.deepEqual(Object.keys(optimizers), ["default"]);
  for (const cell of others) {
    const { terms, batch: images, ...rest } = configOf(cell);
    const { terms: _, batch: __, ...expected } = configOf(plain);
    assert.deepEqual(rest, expected, cell.method);
    assert.equal(images, cell.method === "pacgan2" ? 128 : 64);
    assert.notDeepEqual(terms, configOf(plain).terms);
  }
  const [counted] = await study.cells({ seeds: 1, iterations: 7, methods: ["dcgan"], pace: "quick" });
  assert.deepEqual([configOf(counted!).steps, counted!.work.seconds], [7, null]);
  assert.equal(configOf(counted!).net.channels, 32);
  const [timed] = await study.cells({ seeds: 1, seconds: 9, methods: ["dcgan"] });
  assert.equal(timed!.work.seconds, 9);
  await assert.rejects(
    study.cells({ seeds: 1, methods: ["pacgan"] }),
    (error) => error instanceof UsageError && /did you mean 'pacgan2'/.test(error.message),
  );
});

test("modes are named channel by channel, the first the most significant", async () => {
  const judge = await Judge.open();
  const random = new Random(5);
  const modes = [0, 7, 42, 999, 123, 123];
  const images = modes.map((mode) =>
    Buffer.concat([Math.floor(mode / 100), Math.floor(mode / 10) % 10, mode % 10].map((d) => bar(d, random))),
  );
  assert.deepEqual([...judge.label(Buffer.concat(images))], modes);
  const { samples, modes: hit, kl } = judge.judge(images);
  assert.deepEqual([samples, hit], [6, 5]);
  // Four modes once, one twice, of 1000.
  const expected = (4 / 6) * Math.log(1000 / 6) + (2 / 6) * Math.log(2000 / 6);
  assert.ok(Math.abs(kl - expected) < 1e-12);
  judge.dispose();
});

test("a classifier below 99 % is refused", async () => {
  const path = classifierPath({ name: "digits-cnn" }, dataContext());
  const sound = await readFile(path);
  const { arrays, metadata } = await readSafetensors(path);
  await writeSafetensors(path, arrays, { ...metadata, accuracy: "0.9899" });
  await assert.rejects(
    Judge.open(),
    (error) => error instanceof RunError && /names 98\.99 % .* asks for 99 %/.test(error.message),
  );
  await writeFile(path, sound);
});

/** A training of milliseconds. */
async function tiny(method: string): Promise<Cell> {
  const [cell] = await study.cells({ seeds: 1, iterations: 3, methods: [method], pace: "quick" });
  const { config, ...work } = cell!.work as unknown as Work;
  const small = { ...config!, batch: 4, data: { ...config!.data, count: 500 } };
  return { ...cell!, work: { ...work, config: small, samples: 40 } as unknown as Cell["work"] };
}

test("killed on the way, a training goes on from its checkpoint and ends with the same samples", async () => {
  const cell = await tiny("dcgan");
  const folder = join(home, "cells");
  const workplace = join(folder, "stacked-mnist-dcgan-0.work");
  const killed = study.measure(cell, {
    folder: workplace,
    signal: new AbortController().signal,
    tell: (message) => {
      if (message.startsWith("iteration 3,")) throw new Error("killed");
    },
  });
  await assert.rejects(killed, /killed/);
  assert.ok(existsSync(join(workplace, "step-000002")));
  const told: string[] = [];
  const onProgress = (_: Cell, message: string) => told.push(message.split(",")[0] as string);
  const [outcome] = (await runStudy(study, [cell], { folder, jobs: 1, onProgress })) as [Outcome<Result>];
  assert.equal(outcome.status, "done", JSON.stringify(outcome));
  assert.deepEqual(told, ["iteration 3"]);
  assert.ok(!existsSync(workplace));

  const straight = (await study.measure(cell, {
    folder: workplace,
    tell: () => {},
    signal: new AbortController().signal,
  })) as Result;
  const { result } = outcome as Done<Result>;
  const timeless = ({ curve }: Result) => curve.map(({ seconds: _, ...time }) => time);
  assert.deepEqual(timeless(result), timeless(straight));
  assert.equal(result.curve.length, 3);
  assert.equal(result.grid, straight.grid);
  assert.deepEqual((await decodePng(Buffer.from(result.grid, "base64"))).shape, [3, 302, 302]);

  const { text, markdown, data, pictures } = study.report([outcome]);
  assert.deepEqual([...pictures.keys()], ["modes", "kl", "samples-dcgan"]);
  assert.match(text, /^dcgan +1 +\d+ +[\d.]+ +3 +\d+$/m);
  assert.match(text, /Trained for a count of iterations/);
  assert.match(markdown, /published, not measured here/);
  const { rows } = data as { rows: { method: string }[] };
  assert.deepEqual(
    rows.map(({ method }) => method),
    ["dcgan"],
  );
});

test("a training that goes by time ends when that is over", async () => {
  const cell = await tiny("pacgan2");
  const work = { ...cell.work, seconds: 0.05, config: { ...configOf(cell), steps: 100_000 } };
  const timed = { ...cell, work: work as unknown as Cell["work"] };
  const { curve } = (await study.measure(timed, {
    folder: join(home, "timed"),
    tell: () => {},
    signal: new AbortController().signal,
  })) as Result;
  const last = curve.at(-1)!;
  assert.ok(last.seconds >= 0.05 && last.iteration < 100_000);
  assert.equal(last.samples, 40);
});
