import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { readEventFile } from "@gantry/formats";
import { setThreads } from "@gantry/torch";
import { UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { listCheckpoints } from "../core/run/checkpoints.js";
import { RunDirectory } from "../core/run/directory.js";
import { Sampler } from "../core/sample/sampler.js";
import { readRun } from "../evaluation/compare/index.js";
import { outcome } from "../testing/killing.js";
import { finish, temporaryFolder, tinyConfig } from "../testing/runs.js";
import type { TrainingEvaluation } from "./evaluations.js";
import { resumeRun, startRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
let made = 0;
const place = () => join(folder, `run-${made++}`);
const evaluated = (evaluation: JsonObject, ...settings: JsonObject[]) =>
  tinyConfig("gan", "", { evaluation: { metrics: "points", samples: 100, ...evaluation } }, ...settings);
const evaluationsOf = async (path: string) =>
  (await (await RunDirectory.open(path)).readEvents()).filter(({ event }) => event === "evaluation");

test("the bits of a training are the same with evaluations and without", async () => {
  const [plain, judged] = [place(), place()];
  await finish(await startRun(await tinyConfig("gan", "", { keep: 9 }), plain));
  await finish(await startRun(await evaluated({ every: 4 }, { keep: 9 }), judged));
  assert.equal((await evaluationsOf(judged)).length, 2);
  assert.deepEqual(await outcome(judged), await outcome(plain));
});

test("scores go to events, TensorBoard and the listener; the best checkpoint is kept and has a name", async () => {
  const path = place();
  const told: TrainingEvaluation[] = [];
  const awaited: number[] = [];
  const config = await evaluated({ every: 4, best: "high-quality" }, { keep: 1, steps: 9 });
  const run = await startRun(config, path);
  await finish(run, {
    onEvaluation: (evaluation) => told.push(evaluation),
    onAwait: (at) => awaited.push(at),
  });
  const events = await evaluationsOf(path);
  // Those at 8 and 9 are due while the first is under way, and wait.
  assert.deepEqual(
    events.map(({ iteration }) => iteration),
    [4, 8, 9],
  );
  assert.deepEqual(awaited, [4, 8, 9]);
  assert.deepEqual(
    told.map(({ iteration, report }) => [iteration, report.subject.samples]),
    [
      [4, 100],
      [8, 100],
      [9, 100],
    ],
  );
  const { directory } = run;
  const [board = ""] = await readdir(directory.tensorboard);
  const { events: summaries } = await readEventFile(join(directory.tensorboard, board));
  const values = (name: string) => events.map((event) => event[`eval/${name}`]);
  assert.deepEqual(
    summaries.flatMap(({ summaries: all, step }) =>
      all.flatMap((each) =>
        each.tag === "eval/high-quality" && each.kind === "scalar" ? [[Number(step), each.value]] : [],
      ),
    ),
    values("high-quality").map((value, i) => [events[i]?.iteration, Math.fround(Number(value))]),
  );

  // The best over all of them; of equals the first.
  const scores = values("high-quality").map(Number);
  const most = Math.max(...scores);
  const iteration = Number(events[scores.indexOf(most)]?.iteration);
  assert.deepEqual(await directory.best(), {
    iteration,
    name: "high-quality",
    value: most,
    better: "higher",
  });
  assert.deepEqual(await listCheckpoints(directory.checkpoints), [...new Set([iteration, 9])]);
  assert.equal((await directory.checkpoint("best")).iteration, iteration);
  const sampler = await Sampler.open(path, { iteration: "best" });
  assert.equal(sampler.iteration, iteration);
  sampler.close();
  // What compares runs finds them too.
  const summary = await readRun(path);
  assert.deepEqual(summary.curves.get("eval/high-quality")?.iterations, [4, 8, 9]);
  const score = summary.scores.find(({ name }) => name === "high-quality");
  assert.deepEqual([score?.value, score?.iteration], [scores[2], 9]);
});

test("an evaluation that was interrupted is made up for when the run goes on", async () => {
  const path = place();
  const abort = new AbortController();
  await finish(await startRun(await evaluated({ every: 4 }), path), {
    signal: abort.signal,
    until: ({ iteration }) => {
      if (iteration === 4) abort.abort();
      return false;
    },
  });
  assert.deepEqual(await evaluationsOf(path), []);
  await finish(await resumeRun(path));
  assert.deepEqual(
    (await evaluationsOf(path)).map(({ iteration }) => iteration),
    [4, 8],
  );
  // A best checkpoint of a future that is given up is none.
  const run = await RunDirectory.open(path);
  await run.writeBest({ iteration: 8, name: "modes", value: 8, better: "higher" });
  await finish(await resumeRun(path, 6), { until: () => true });
  assert.equal(await run.best(), undefined);
  await assert.rejects(run.checkpoint("best"), /no checkpoint is known as the best one/);
});

test("where more than three wait, training waits and says so once; a resume does those that are left, once", async () => {
  const path = place();
  const warnings: string[] = [];
  const abort = new AbortController();
  const ended: number[] = [];
  const behind: number[] = [];
  await finish(await startRun(await evaluated({ every: 1 }, { keep: 1, steps: 6 }), path), {
    signal: abort.signal,
    onWarning: (message) => warnings.push(message),
    onEvaluation: ({ iteration }) => ended.push(iteration),
    until: ({ iteration }) => {
      behind.push(iteration - ended.length);
      if (iteration === 5) abort.abort();
      return false;
    },
  });
  assert.deepEqual(warnings, [
    "evaluations take longer than the 1 iteration between them: none is left out, and the training waits while more than 3 are due",
  ]);
  // One under way and three waiting: what they judge stays, although only one checkpoint is kept.
  assert.equal(Math.max(...behind), 4);
  const kept = (await listCheckpoints(join(path, "checkpoints"))).filter((at) => at > ended.length);
  assert.equal(kept.length, 5 - ended.length);
  await finish(await resumeRun(path));
  const all = [1, 2, 3, 4, 5, 6];
  assert.deepEqual(
    (await evaluationsOf(path)).map(({ iteration }) => iteration),
    all,
  );
  // Nothing is left to do for one that is done.
  await finish(await resumeRun(path));
  assert.equal((await evaluationsOf(path)).length, all.length);
});

test("what cannot be evaluated is refused before training; what fails on the way is warned of", async () => {
  const path = place();
  await assert.rejects(startRun(await evaluated({ every: 4, metrics: "fid" }), path), (error: Error) => {
    assert.ok(error instanceof UsageError);
    return /fid/.test(error.message);
  });
  await assert.rejects(startRun(await evaluated({ every: 4, network: "nobodys-cnn" }), path), /nobodys-cnn/);
  const warnings: string[] = [];
  await finish(await startRun(await evaluated({ every: 4, best: "fid" }), path), {
    onWarning: (message) => warnings.push(message),
    // The first checkpoint is lost before it can be read.
    until: ({ iteration }) => {
      if (iteration === 4) void rm(join(path, "checkpoints", "step-000004"), { recursive: true });
      return false;
    },
  });
  assert.ok(warnings.some((message) => /^an evaluation failed: .*no checkpoint at 4/.test(message)));
  assert.ok(warnings.some((message) => /no score is called 'fid'.*there are: modes, high/.test(message)));
});
