import assert from "node:assert/strict";
import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { addEvents, losses, madeFolder, makeRun } from "../testing/runs.js";
import { GrowingLines } from "./lines.js";
import { EventLog } from "./log.js";
import { Series } from "./series.js";

const { folder, remove } = madeFolder();
after(remove);

describe("a scalar, thinned", () => {
  test("as it is, while there are few values", () => {
    const series = new Series(4);
    for (const [i, value] of [3, 1, 2].entries()) series.push(10 * (i + 1), value);
    const { at, mean, low, high, bad } = series.curve(100);
    assert.deepEqual(at, [10, 20, 30]);
    for (const values of [mean, low, high]) assert.deepEqual(values, [3, 1, 2]);
    assert.deepEqual(bad, []);
  });

  test("keeps least and greatest of a million values, their mean, and what is not finite, in little memory", () => {
    const series = new Series(64);
    let sum = 0;
    for (let i = 1; i <= 1_000_000; i++) {
      const value = i === 123_456 ? 1e6 : i === 654_321 ? -1e6 : i === 777_777 ? Number.NaN : i % 7;
      if (Number.isFinite(value)) sum += value;
      series.push(i, value);
    }
    const curve = series.curve(50);
    assert.ok(curve.at.length <= 50 && curve.at.length > 20, `${curve.at.length} stretches`);
    assert.equal(Math.max(...curve.high), 1e6);
    assert.equal(Math.min(...curve.low), -1e6);
    assert.deepEqual(curve.bad, [777_777]);
    assert.equal(curve.at.at(-1), 1_000_000);
    // All stretches but the last are of as many values.
    const spike = curve.high.indexOf(1e6);
    assert.ok(curve.at[spike]! >= 123_456 && (curve.at[spike - 1] ?? 0) < 123_456);
    const whole = series.curve(1);
    assert.equal(whole.mean.length, 1);
    assert.ok(Math.abs(whole.mean[0]! - sum / 999_999) < 1e-6);
  });

  test("forgets what a restart gave up", () => {
    const series = new Series(4);
    for (let i = 1; i <= 100; i++) series.push(i, i);
    series.giveUpAfter(40);
    const { at, high } = series.curve(100);
    assert.ok(at.every((iteration) => iteration <= 40));
    assert.ok(high.every((value) => value <= 40) && Math.max(...high) >= 32);
    series.push(41, -1);
    assert.equal(series.curve(100).low.at(-1), -1);
  });

  test("a part of it", () => {
    const series = new Series();
    for (let i = 1; i <= 100; i++) series.push(i, i);
    assert.deepEqual(series.curve(100, 20, 22).mean, [20, 21, 22]);
  });
});

describe("lines of a file that grows", () => {
  test("each once, and whole; anew where it was replaced or cut", async () => {
    const file = join(folder, "lines.txt");
    let taken: string[] = [];
    const lines = new GrowingLines(
      file,
      (line) => taken.push(line.toString()),
      () => {
        taken = [];
      },
    );
    assert.equal(await lines.read(), true);
    writeFileSync(file, "one\ntw");
    await lines.read();
    assert.deepEqual(taken, ["one"]);
    appendFileSync(file, "o\n\nthree\n");
    await lines.read();
    assert.deepEqual(taken, ["one", "two", "", "three"]);
    await lines.read();
    assert.equal(taken.length, 4);
    writeFileSync(file, "new\n");
    await lines.read();
    assert.deepEqual(taken, ["new"]);
    writeFileSync(`${file}.other`, "another\nfile\n");
    renameSync(`${file}.other`, file);
    await lines.read();
    assert.deepEqual(taken, ["another", "file"]);
  });

  test("longer than what is read at once, and across it", async () => {
    const file = join(folder, "long.txt");
    const long = "x".repeat(700_000);
    writeFileSync(file, `${`${long}\n`.repeat(3)}end\n`);
    const taken: number[] = [];
    const lines = new GrowingLines(
      file,
      (line) => taken.push(line.length),
      () => {},
    );
    await lines.read();
    assert.deepEqual(taken, [700_000, 700_000, 700_000, 3]);
  });
});

describe("a run's events", () => {
  test("curves, restarts, what is not finite, findings; cut and foreign lines are left out", async () => {
    const run = await makeRun(folder, "events", { events: losses(100) });
    appendFileSync(join(run, "events.jsonl"), '{"iteration":100,"gener\n[1,2]\nnull\n');
    addEvents(run, [
      { event: "finding", iteration: 90, name: "late", began: 20 },
      {
        event: "finding",
        iteration: 30,
        name: "mode-collapse",
        began: 25,
        measured: "distance between samples",
        value: 0.01234,
        threshold: 0.1,
        trouble: "below",
      },
      { event: "signals", iteration: 30, signals: { distance: 0.5 } },
      { event: "resume", iteration: 50 },
      { iteration: 51, seconds: 0.1, "generator/loss": 5 },
      { iteration: 52, seconds: 0.2, "generator/loss": null },
      { event: "evaluation", iteration: 40, "eval/fid": 12, report: { scores: [] } },
    ]);
    const log = new EventLog(join(run, "events.jsonl"));
    assert.equal(await log.read(), true);
    const curves = log.curves(1000);
    assert.deepEqual(Object.keys(curves), [
      "discriminator/loss",
      "eval/fid",
      "generator/loss",
      "signals/distance",
    ]);
    assert.equal(curves["generator/loss"]?.at.at(-1), 51);
    assert.deepEqual(curves["generator/loss"]?.bad, [52]);
    assert.equal(curves["discriminator/loss"]?.at.at(-1), 50);
    assert.deepEqual(log.restarts, [{ iteration: 50, before: 100 }]);
    assert.deepEqual(log.findings, [
      {
        name: "mode-collapse",
        severity: "warning",
        iteration: 25,
        noticed: 30,
        title: "Mode collapse",
        text: "distance between samples: 0.0123, below 0.1",
      },
    ]);
    assert.ok(Math.abs(log.speed! - 10) < 1e-9);
    assert.equal(log.iteration, 52);
    addEvents(run, [{ iteration: 53, seconds: 0.3, "generator/loss": 6 }]);
    await log.read();
    assert.equal(log.curves(1000)["generator/loss"]?.mean.at(-1), 6);
  });

  test("of a long file the whole course is there before it is read, and then exactly", async () => {
    const run = await makeRun(folder, "glimpsed", {});
    const line = (iteration: number) => {
      const loss = iteration === 31_415 ? 1e6 : iteration / 1000;
      return { iteration, imagesSeen: 64 * iteration, seconds: iteration / 50, "generator/loss": loss };
    };
    const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => line(from + i));
    // Killed at 30,000 and resumed at 20,000.
    addEvents(run, lines(1, 30_001));
    addEvents(run, [{ event: "resume", iteration: 20_000 }, ...lines(20_001, 60_001)]);
    const log = new EventLog(join(run, "events.jsonl"));
    assert.equal(await log.read(0), false);
    assert.ok(log.position.bytes < log.position.of);
    assert.equal(log.iteration, 60_000);
    const { at, mean } = log.curves(600)["generator/loss"]!;
    assert.ok(at.every((iteration, i) => iteration > (at[i - 1] ?? 0)));
    assert.equal(at.at(-1), 60_000);
    assert.ok(at[0]! < 200 && at.length > 200);
    assert.ok(at.every((iteration, i) => iteration - (at[i - 1] ?? 0) < 2000));
    assert.ok(at.every((iteration, i) => Math.abs(mean[i]! - iteration / 1000) < 1));
    assert.ok(Math.abs(log.speed! - 50) < 1e-6);
    assert.equal(await log.read(), true);
    assert.equal(log.position.bytes, log.position.of);
    assert.deepEqual(log.restarts, [{ iteration: 20_000, before: 30_000 }]);
    assert.equal(Math.max(...log.curves(600)["generator/loss"]!.high), 1e6);
  });
});
