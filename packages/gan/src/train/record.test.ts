import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decodeSafetensors, encodeSafetensors, FormatError, pngSize, readEventFile } from "@gantry/formats";
import { noGrad, setThreads } from "@gantry/torch";
import { DivergedError } from "../core/base/errors.js";
import { listCheckpoints } from "../core/run/checkpoints.js";
import { RunDirectory } from "../core/run/directory.js";
import { Sampler } from "../core/sample/sampler.js";
import { trainInChild } from "../testing/killing.js";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { resumeRun, startRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
const images = await writeImages(folder);
let made = 0;
const place = () => join(folder, `run-${made++}`);

test("a run directory holds what it should, and its readers read it", async () => {
  const path = place();
  const config = await tinyConfig("gan", images);
  const run = await startRun(config, path);
  assert.equal(await run.directory.status(), "new");
  const states: string[] = [];
  await finish(run, {
    until: () => {
      void run.directory.status().then((state) => states.push(state));
      return false;
    },
  });
  assert.deepEqual(new Set(states), new Set(["running"]));
  assert.deepEqual((await readdir(path)).sort(), [
    ".lock",
    "checkpoints",
    "config.json",
    "events.jsonl",
    "heartbeat.json",
    "reals.png",
    "samples",
    "tensorboard",
  ]);
  assert.deepEqual(await listCheckpoints(run.directory.checkpoints), [6, 8], "the newest two");
  assert.deepEqual(
    await readdir(run.directory.samples),
    ["000001", "000002", "000004", "000006", "000008"].map((name) => `${name}.png`),
  );
  const opened = await RunDirectory.open(path);
  assert.deepEqual(opened.config, config);
  assert.deepEqual(opened.record.data, {
    kind: "points",
    shape: [2],
    classes: 8,
    classNames: ["0", "1", "2", "3", "4", "5", "6", "7"],
    count: 200,
  });
  assert.match(opened.record.torch, /^\d+\.\d+/);
  assert.equal(opened.name, path.split("/").at(-1));
  const events = await opened.readEvents();
  const logged = events.filter(({ imagesSeen }) => imagesSeen !== undefined);
  assert.deepEqual(
    logged.map(({ iteration, imagesSeen }) => [iteration, imagesSeen]),
    [1, 2, 4, 6, 8].map((i) => [i, 16 * i]),
  );
  const scored = events.filter((event) => "points/modes" in event);
  assert.equal(scored.length, 5);
  const [board = ""] = await readdir(opened.tensorboard);
  const { events: summaries, truncated } = await readEventFile(join(opened.tensorboard, board));
  assert.equal(truncated, false);
  const tags = new Set(summaries.flatMap((event) => event.summaries.map(({ tag }) => tag)));
  for (const tag of ["discriminator/non-saturating", "points/reverse-kl", "samples"])
    assert.ok(tags.has(tag), tag);
  const beat = await opened.readHeartbeat();
  assert.deepEqual([beat?.state, beat?.iteration, beat?.pid], ["done", 8, process.pid]);
});

test("a picture of points is a square, a picture of images their grid", async () => {
  const points = place();
  await finish(await startRun(await tinyConfig("gan", images, { steps: 1 }), points));
  const { width, height } = pngSize(await readFile(join(points, "samples/000001.png")));
  assert.deepEqual([width, height], [480, 480]);
  const grid = place();
  await finish(await startRun(await tinyConfig("dcgan", images, { steps: 1 }), grid));
  const size = pngSize(await readFile(join(grid, "samples/000001.png")));
  // Three rows of three pictures of 28 pixels with 2 between and around, doubled.
  assert.deepEqual([size.width, size.height], [2 * (3 * 30 + 2), 2 * (3 * 30 + 2)]);
});

/** What TensorBoard would show of a run: series by name, with their iterations. */
async function boardOf(path: string) {
  const folder = (await RunDirectory.open(path)).tensorboard;
  const [file = ""] = await readdir(folder);
  const { events } = await readEventFile(join(folder, file));
  return events.flatMap(({ step, summaries }) => summaries.map((summary) => ({ step, ...summary })));
}

test("TensorBoard's pictures say what they are: grey ones grey, scatter plots colour", async () => {
  for (const [recipe, colorspace, colourType] of [
    ["dcgan", 1, 0],
    ["gan", 4, 6],
  ] as const) {
    const path = place();
    await finish(await startRun(await tinyConfig(recipe, images, { steps: 1 }), path));
    // PNG's colour type: 0 is grey, 6 colour with alpha.
    assert.equal((await readFile(join(path, "samples/000001.png")))[25], colourType);
    const pictures = (await boardOf(path)).filter((summary) => summary.kind === "image");
    assert.deepEqual(
      pictures.map((picture) => picture.colorspace),
      [colorspace],
    );
  }
});

test("the last iteration is logged, whatever the interval", async () => {
  const path = place();
  await finish(await startRun(await tinyConfig("gan", images, { steps: 8, intervals: { log: 5 } }), path));
  const events = await (await RunDirectory.open(path)).readEvents();
  const logged = events.filter(({ imagesSeen }) => imagesSeen !== undefined);
  assert.deepEqual(
    logged.map(({ iteration }) => iteration),
    [1, 5, 8],
  );
  const scalars = (await boardOf(path)).filter(({ tag }) => tag === "generator/non-saturating");
  assert.deepEqual(
    scalars.map(({ step }) => step),
    [1, 5, 8],
  );
});

test("told to stop, a run ends after the iteration under way, with a checkpoint", async () => {
  const path = place();
  const control = new AbortController();
  const run = await startRun(await tinyConfig("gan", images), path);
  const reports = await finish(run, {
    signal: control.signal,
    until: ({ iteration }) => {
      if (iteration === 5) control.abort();
      return false;
    },
  });
  assert.equal(reports.length, 5);
  assert.deepEqual(await listCheckpoints(run.directory.checkpoints), [4, 5]);
  assert.equal(await run.directory.status(), "stopped");
});

test("timers and signals are heard while it trains", async () => {
  const run = await startRun(
    await tinyConfig("gan", images, { steps: 400, intervals: { log: 1000, sample: 1000, checkpoint: 1000 } }),
    place(),
  );
  let heard = 0;
  const timer = setInterval(() => heard++, 1);
  const began = performance.now();
  await finish(run);
  clearInterval(timer);
  assert.ok(heard >= Math.floor((performance.now() - began) / 500), `${heard} times`);
});

test("a run that fails says so, and keeps its last checkpoint", async () => {
  const path = place();
  const config = await tinyConfig("gan", images, {
    steps: 200,
    optimizers: { default: { kind: "sgd", learningRate: 1e4 } },
    terms: { "non-saturating": null, "least-squares": {} },
  });
  const run = await startRun(config, path);
  await assert.rejects(
    finish(run),
    /^DivergedError: iteration \d+: the term 'least-squares' of the (discrimin|gener)ator is .*: gantry fork \S+ --set '?optimizers\.default\.learningRate=\d+\.\.0@training'?$/,
  );
  assert.equal(await run.directory.status(), "failed");
});

test("checkpoints go by time too, and are written when they are wished for", async () => {
  const rare = { log: 1000, sample: 1000, checkpoint: 1000 };
  const timed = await startRun(
    await tinyConfig("gan", images, { intervals: { ...rare, checkpointMinutes: 1e-9 } }),
    place(),
  );
  const seen: number[][] = [];
  for await (const _ of timed.reports()) seen.push(await listCheckpoints(timed.directory.checkpoints));
  await timed.trainer.close();
  assert.deepEqual(seen.slice(0, 3), [[1], [1, 2], [2, 3]]);
  const wished = await startRun(await tinyConfig("gan", images, { intervals: rare }), place());
  let iteration = 0;
  const taken: number[][] = [];
  for await (const report of wished.reports({ wantsCheckpoint: () => iteration + 1 === 5 })) {
    iteration = report.iteration;
    taken.push(await listCheckpoints(wished.directory.checkpoints));
  }
  await wished.trainer.close();
  assert.deepEqual(taken.slice(3, 6), [[], [5], [5]]);
});

test("weights that are not finite are never saved, at a stop neither, and are refused where they are", async () => {
  const path = place();
  const run = await startRun(await tinyConfig("gan", images), path);
  const spoil = () => {
    const [parameter] = run.trainer.game.network("generator").parameters();
    noGrad(() => parameter?.fill_(Number.NaN));
  };
  const control = new AbortController();
  await assert.rejects(
    finish(run, {
      signal: control.signal,
      until: ({ iteration }) => {
        if (iteration === 5) {
          spoil();
          control.abort();
        }
        return false;
      },
    }),
    (error: Error) =>
      error instanceof DivergedError &&
      /^iteration 5: .* of the generator is not finite: .*: gantry fork \S+@4 --set '?optimizers\.default\.learningRate=/.test(
        error.message,
      ),
  );
  assert.deepEqual(await listCheckpoints(run.directory.checkpoints), [2, 4]);
  await (await resumeRun(path)).trainer.close();
  // As an older version would have left it.
  const folder = join(run.directory.checkpoints, "step-000004");
  const file = "generator.safetensors";
  const { arrays } = decodeSafetensors(await readFile(join(folder, file)), file);
  for (const { data, dtype } of arrays.values()) if (dtype === "float32") data.fill(0xff);
  const bytes = encodeSafetensors(arrays);
  await writeFile(join(folder, file), bytes);
  const state = await readFile(join(folder, "state.json"), "utf8");
  const { checksum, files } = JSON.parse(state) as { checksum: string; files: Record<string, string> };
  const hash = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");
  const changed = state.replace(files[file] as string, hash(bytes)).replace(checksum, "0".repeat(64));
  await writeFile(join(folder, "state.json"), changed.replace("0".repeat(64), hash(changed)));
  const refusal =
    /step-000004: .* of the generator is not finite, since the training had diverged; use an earlier/;
  await assert.rejects(Sampler.open(path, { weights: "raw" }), refusal);
  await assert.rejects(resumeRun(path), refusal);
  (await Sampler.open(path, { iteration: 2 })).close();
});

/** What TensorBoard shows of a folder of event files: what a restart undoes is left out. */
async function shown(folder: string): Promise<string[]> {
  let events: { step: number; tag: string }[] = [];
  for (const name of (await readdir(folder)).sort())
    for (const { step, restart, summaries } of (await readEventFile(join(folder, name))).events) {
      if (restart) events = events.filter((event) => event.step < step);
      for (const { tag } of summaries) events.push({ step, tag });
    }
  return events.map(({ step, tag }) => `${tag} ${step}`).sort();
}

test("TensorBoard shows each step once after a run was killed and resumed", async () => {
  const config = await tinyConfig("gan", images, {
    steps: 40,
    intervals: { log: 1, sample: 7, checkpoint: 6 },
  });
  const path = place();
  await trainInChild(path, config, (child, line) => {
    if (line === "20") child.kill("SIGKILL");
  });
  await finish(await resumeRun(path, 12));
  const whole = place();
  await finish(await startRun(config, whole));
  const [one, other] = [await shown(join(path, "tensorboard")), await shown(join(whole, "tensorboard"))];
  assert.equal(new Set(one).size, one.length);
  assert.deepEqual(one, other);
});

test("a folder that is removed: said at once, training goes on, and nothing on disk is an error at the end", async () => {
  const path = place();
  const warnings: string[] = [];
  const run = await startRun(await tinyConfig("gan", images), path);
  const done: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { iteration } of run.reports({ onWarning: (message) => warnings.push(message) })) {
        if (iteration === 3) await rm(path, { recursive: true });
        done.push(iteration);
      }
    },
    (error: Error) =>
      error instanceof FormatError &&
      /the last checkpoint was not written: \S+: the run's folder is gone.*; nothing of this run is on disk/.test(
        error.message,
      ),
  );
  await run.trainer.close();
  assert.deepEqual(done, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(warnings.length, 1, warnings.join("\n"));
  assert.match(warnings[0] ?? "", /the run's folder is gone.*: training goes on in memory/);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => path.endsWith(`/${name}`)),
    [],
  );

  // One that comes back is written to again; folders in it are made again.
  const back = place();
  const returning = await startRun(await tinyConfig("gan", images), back);
  for await (const { iteration } of returning.reports()) {
    if (iteration === 3) await rename(back, `${back}-away`);
    if (iteration === 5) await rename(`${back}-away`, back);
    if (iteration === 6) await rm(returning.directory.checkpoints, { recursive: true });
  }
  await returning.trainer.close();
  assert.deepEqual(await listCheckpoints(returning.directory.checkpoints), [8]);
});

test("a disk without inodes is told from a full one", async (t) => {
  const disk = await smallDisk("size=4m,nr_inodes=40");
  if (disk === undefined) return t.skip("mounting a small disk needs root");
  try {
    const warnings: string[] = [];
    const run = await startRun(await tinyConfig("gan", images, { steps: 6 }), join(disk.path, "run"));
    const fill = async () => {
      for (let i = 0; i < 40; i++) await writeFile(join(disk.path, `file-${i}`), "");
    };
    await assert.rejects(async () => {
      for await (const { iteration } of run.reports({ onWarning: (message) => warnings.push(message) }))
        if (iteration === 3) await fill().catch(() => {});
    }, /the last checkpoint was not written: .*out of inodes.*; the newest on disk is of iteration 2$/);
    await run.trainer.close();
    assert.ok(
      warnings.some((line) => /the disk takes no more files/.test(line)),
      warnings.join("\n"),
    );
  } finally {
    disk.remove();
  }
});

/** A disk of one mebibyte; undefined where one cannot be made. */
async function smallDisk(options = "size=1m"): Promise<{ path: string; remove: () => void } | undefined> {
  const path = place();
  await mkdir(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return { path, remove: () => execFileSync("umount", ["-l", path]) };
}

test("a disk that is full: training goes on with warnings, and the last checkpoint is an error", async (t) => {
  const disk = await smallDisk();
  if (disk === undefined) {
    t.skip("mounting a small disk needs root");
    return;
  }
  const filler = join(disk.path, "filler");
  const fill = async () => {
    const { bfree, bsize } = await statfs(disk.path);
    await writeFile(filler, Buffer.alloc(bfree * bsize));
  };
  try {
    const path = join(disk.path, "run");
    const config = await tinyConfig("gan", images, { steps: 12 });
    const warnings: string[] = [];
    const run = await startRun(config, path);
    for await (const { iteration } of run.reports({ onWarning: (message) => warnings.push(message) })) {
      if (iteration === 3) await fill();
      if (iteration === 7) await rm(filler);
    }
    await run.trainer.close();
    assert.deepEqual(
      warnings
        .filter((line) => !line.startsWith("the heartbeat"))
        .map((line) => line.replace(/ \S*\/\S*/g, "")),
      [...new Set(warnings.map((line) => line.replace(/ \S*\/\S*/g, "")))].filter(
        (line) => !line.startsWith("the heartbeat"),
      ),
      "each kind is told once",
    );
    assert.ok(
      warnings.some((line) => /^the checkpoint was not written: .*disk is full/.test(line)),
      warnings.join("\n"),
    );
    assert.ok(
      warnings.some((line) => /^the sample picture was not written: /.test(line)),
      warnings.join("\n"),
    );
    assert.deepEqual(await listCheckpoints(run.directory.checkpoints), [10, 12]);
    assert.equal(await run.directory.status(), "done");
    // The line that did not fit is ended, and every other one reads.
    assert.deepEqual(
      (await run.directory.readEvents())
        .filter(({ imagesSeen }) => imagesSeen !== undefined)
        .map(({ iteration }) => iteration)
        .slice(-3),
      [8, 10, 12],
    );

    await rm(path, { recursive: true });
    const doomed = await startRun(config, path);
    await assert.rejects(
      async () => {
        for await (const { iteration } of doomed.reports()) if (iteration === 3) await fill();
      },
      (error: Error) => error instanceof FormatError && /disk is full/.test(error.message),
    );
    await doomed.trainer.close();
    await rm(filler);
    assert.deepEqual(await listCheckpoints(doomed.directory.checkpoints), [2]);
    assert.deepEqual(
      (await readdir(doomed.directory.checkpoints)).filter((name) => name.startsWith(".")),
      [],
    );
    const reports = await finish(await resumeRun(path));
    assert.equal(reports.at(-1)?.iteration, 12);
    await fill();
    await assert.rejects(startRun(config, join(disk.path, "other")), /disk is full/);
  } finally {
    disk.remove();
  }
});

test("a folder that cannot be made or written is refused before training", async () => {
  const config = await tinyConfig("gan", images);
  await assert.rejects(
    startRun(config, join(images, "run")),
    (error: Error) =>
      error instanceof FormatError &&
      /cannot make the run's folder: a part of its path is a file/.test(error.message),
  );
});
