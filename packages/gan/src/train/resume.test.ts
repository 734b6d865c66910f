import assert from "node:assert/strict";
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { RunError, UsageError } from "../core/base/errors.js";
import type { JsonObject } from "../core/base/json.js";
import { listCheckpoints } from "../core/run/checkpoints.js";
import { RunDirectory, standing } from "../core/run/directory.js";
import { outcome, readEverything, trainInChild } from "../testing/killing.js";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { forkRun, resumeRun, startRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
const images = await writeImages(folder);
let made = 0;
const place = () => join(folder, `run-${made++}`);

/**
 * Trains to the end in one go.
 * @returns the run's path
 */
async function straight(recipe: string, ...settings: JsonObject[]): Promise<string> {
  const path = place();
  await finish(await startRun(await tinyConfig(recipe, images, ...settings), path));
  return path;
}

/** The same, left after half of it and resumed. */
async function halved(recipe: string, ...settings: JsonObject[]): Promise<string> {
  const path = place();
  const config = await tinyConfig(recipe, images, ...settings);
  // Left behind between two checkpoints: what came after the last one is done again.
  await finish(await startRun(config, path), { until: ({ iteration }) => iteration === 5 });
  await finish(await resumeRun(path));
  return path;
}

for (const [recipe, settings] of [
  ["gan", {}],
  ["dcgan", {}],
  ["dcgan", { schedule: { generatorSteps: 2 } }],
  ["dcgan", { average: { statistics: "averaged" } }],
  ["reg-gan", {}],
  ["reg-gan", { schedule: { shareSamples: false, generatorBatch: 10 } }],
  ["wgan-gp", { schedule: { discriminatorSteps: 2 } }],
  ["dcgan", { terms: { "minibatch-discrimination": { kernels: 3 } } }],
  ["dcgan", { terms: { "historical-averaging": {} } }],
  ["dcgan", { terms: { ada: { probability: 0.4, every: 3, kimg: 0.1, pipe: "bgcfnc" } } }],
  [
    "dcgan",
    {
      terms: {
        "diff-augment": { probability: 0.4, target: 0.5, every: 3, kimg: 0.1 },
        apa: { probability: 0.4, every: 3, kimg: 0.1 },
        mirror: {},
        lecam: { start: 2 },
        consistency: { form: "icr" },
        "top-k": {},
      },
    },
  ],
  [
    "gan",
    {
      terms: {
        "historical-averaging": { players: ["generator"] },
        held: { term: "historical-averaging", players: ["discriminator"], weight: 1 },
      },
    },
  ],
  ["r3gan", { net: { channels: 2 } }],
  ["cgan", { net: { generatorNorm: "virtual", referenceBatch: 3 } }],
  ["infogan", {}],
  ["stylegan", { data: { size: 16 }, net: { channels: 4, styleSize: 4, mappingLayers: 2 } }],
  [
    "stylegan",
    {
      conditional: true,
      data: { size: 16 },
      net: { channels: 4, styleSize: 4, mappingLayers: 2 },
      terms: { "progressive-growing": { initial: 4, stable: 8, fading: 20, batches: { 4: 12 } } },
    },
  ],
  ["ebgan", {}],
  ["dcgan", { terms: { "non-saturating": null, "boundary-equilibrium": { balance: 1, rate: 1 } } }],
  ["wgan", { schedule: { discriminatorSteps: 1, burst: { steps: 3, first: 2, every: 4 } } }],
  [
    "gan",
    {
      optimizers: {
        default: {
          learningRate: { from: 1e-3, to: 1e-4, over: { epochs: 0.5 }, shape: "cosine" },
          betas: [0.5, { from: 0.999, to: 0.9, over: { images: 60 } }],
        },
      },
      average: { halfLife: { images: 40 } },
      terms: { r1: { gamma: { from: 0, to: 5, over: { iterations: 6 } } } },
      intervals: { checkpoint: { images: 30 } },
    },
  ],
] as const)
  test(`${recipe} ${JSON.stringify(settings)}: straight, and halved by a resume, give the same bits`, async () => {
    const one = await outcome(await straight(recipe, settings));
    assert.deepEqual(await outcome(await halved(recipe, settings)), one);
    const names = Object.keys(one);
    for (const file of ["state.json", "generator.average.safetensors", "generator.optimizer.safetensors"])
      assert.ok(names.includes(`checkpoints/step-000008/${file}`), names.join());
    assert.ok(names.includes("samples/000008.png"));
    if (recipe === "reg-gan") assert.ok(names.includes("checkpoints/step-000008/encoder.safetensors"));
  });

test("a changed seed, a changed batch: other bits, so that the comparison means something", async () => {
  const one = await outcome(await straight("gan"));
  const other = await outcome(await straight("gan", { seed: 1 }));
  for (const name of Object.keys(one).filter((each) => each.startsWith("checkpoints")))
    assert.notEqual(other[name], one[name], name);
});

for (const recipe of ["gan", "dcgan"])
  test(`${recipe}: killed in the second half and resumed gives the same bits`, async () => {
    const path = place();
    const config = await tinyConfig(recipe, images);
    const killed = await trainInChild(path, config, (child, line) => {
      if (line === "5") child.kill("SIGKILL");
    });
    assert.equal(killed.done, false, killed.errors);
    assert.ok(killed.iteration >= 5 && killed.iteration <= 8);
    await readEverything(path);
    assert.equal(await (await RunDirectory.open(path)).status(), "dead");
    await finish(await resumeRun(path));
    assert.equal(await (await RunDirectory.open(path)).status(), "done");
    assert.deepEqual(await outcome(path), await outcome(await straight(recipe)));
  });

test("killed before its first checkpoint, a run is begun again by resume", async () => {
  const path = place();
  const late = { intervals: { checkpoint: 100 } };
  await finish(await startRun(await tinyConfig("gan", images, late), path), {
    until: ({ iteration }) => iteration === 4,
  });
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), []);
  await finish(await resumeRun(path));
  assert.deepEqual(await outcome(path), await outcome(await straight("gan", late)));
  const events = await (await RunDirectory.open(path)).readEvents();
  assert.deepEqual(
    events.filter(({ event }) => event !== undefined && event !== "signals"),
    [{ event: "resume", iteration: 0 }],
  );
});

test("a finished run resumes to what it is", async () => {
  const path = await straight("gan");
  const before = await outcome(path);
  const { mtimeMs } = await stat(join(path, "checkpoints/step-000008"));
  assert.deepEqual(await finish(await resumeRun(path)), []);
  assert.deepEqual(await outcome(path), before);
  assert.equal(
    (await stat(join(path, "checkpoints/step-000008"))).mtimeMs,
    mtimeMs,
    "nothing is written again",
  );
  assert.equal(await (await RunDirectory.open(path)).status(), "done");
});

test("resumed from an earlier checkpoint, a run leaves the later ones, and says so", async () => {
  const path = place();
  const config = await tinyConfig("gan", images, { keep: 3 });
  await finish(await startRun(config, path));
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), [4, 6, 8]);
  const end = await outcome(path);
  await finish(await resumeRun(path, 4), { until: ({ iteration }) => iteration === 6 });
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), [4, 6]);
  const run = await RunDirectory.open(path);
  const events = await run.readEvents();
  assert.deepEqual(
    events.filter(({ event }) => event === "resume"),
    [{ event: "resume", iteration: 4 }],
  );
  const iterations = (all: typeof events) =>
    all.filter((event) => event.imagesSeen !== undefined).map(({ iteration }) => iteration);
  assert.deepEqual(iterations(events), [1, 2, 4, 6, 8, 6]);
  assert.deepEqual(iterations(standing(events)), [1, 2, 4, 6]);
  await finish(await resumeRun(path));
  assert.deepEqual(await outcome(path), end);
});

test("a last line cut short is left out by readers, and ended by the next writer", async () => {
  const path = place();
  const run = await startRun(await tinyConfig("gan", images), path);
  await finish(run, { until: ({ iteration }) => iteration === 4 });
  const whole = (await run.directory.readEvents()).length;
  await appendFile(run.directory.events, '{"iteration":5,"disc');
  assert.equal((await run.directory.readEvents()).length, whole);
  await finish(await resumeRun(path));
  const text = await readFile(run.directory.events, "utf8");
  assert.match(text, /\n\{"iteration":5,"disc\n\{"event":"resume","iteration":4\}\n/);
  const last = standing(await run.directory.readEvents()).filter((event) => event.imagesSeen !== undefined);
  assert.deepEqual(
    last.map(({ iteration }) => iteration),
    [1, 2, 4, 6, 8],
  );
});

test("half-written leftovers of a killed writer are swept away", async () => {
  const path = place();
  const run = await startRun(await tinyConfig("gan", images), path);
  await finish(run, { until: ({ iteration }) => iteration === 4 });
  const stale = join(path, "checkpoints/.writing-1-step-000006");
  await mkdir(stale);
  await writeFile(join(stale, "generator.safetensors"), "half");
  // No process has this number: the largest that Linux gives is 2^22.
  await writeFile(join(path, ".heartbeat.json.99999999-1.tmp"), "{");
  await writeFile(join(path, "samples/.000006.png.99999999-1.tmp"), "half");
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), [2, 4]);
  await finish(await resumeRun(path));
  const left = await readdir(path, { recursive: true });
  assert.deepEqual(
    left.filter((name) => /(^|\/)\.(?!lock)/.test(name)),
    [],
  );
});

test("a fork goes on from the checkpoint with its own settings, and can be resumed at once", async () => {
  const source = place();
  const plain = { average: null };
  await finish(await startRun(await tinyConfig("gan", images, plain), source));
  const path = place();
  // The fork averages, which its source did not: the average begins at the checkpoint's weights.
  const config = await tinyConfig("gan", images, {
    steps: 12,
    optimizers: { default: { learningRate: 1e-5 } },
  });
  const fork = await forkRun(source, 6, config, path);
  assert.deepEqual(fork.directory.record.forkedFrom, {
    run: fork.directory.record.forkedFrom?.run,
    iteration: 6,
  });
  assert.deepEqual(
    fork.trainer.average?.stateDict().get("body.0.weight")?.toNumbers(),
    fork.trainer.game.network("generator").stateDict().get("body.0.weight")?.toNumbers(),
  );
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), [6]);
  await fork.trainer.close();
  const reports = await finish(await resumeRun(path));
  assert.deepEqual(
    reports.map(({ iteration }) => iteration),
    [7, 8, 9, 10, 11, 12],
  );
  await assert.rejects(
    forkRun(source, 6, await tinyConfig("gan", images, { seed: 3 }), place()),
    /a fork goes on with the random state of its run, so its seed is 0/,
  );
  await assert.rejects(forkRun(source, 6, config, source), /there is a run already/);
});

test("what is no run, has no such checkpoint, or is being trained, is refused", async () => {
  await assert.rejects(
    resumeRun(folder),
    (error: Error) => error instanceof UsageError && /not a run/.test(error.message),
  );
  const path = await straight("gan");
  await assert.rejects(resumeRun(path, 3), /no checkpoint at 3; there are: 6, 8/);
  const config = await tinyConfig("gan", images);
  await assert.rejects(startRun(config, path), /there is a run already; continue it with 'gantry resume/);
  await rm(join(path, ".lock"), { recursive: true });
  const beat = JSON.parse(await readFile(join(path, "heartbeat.json"), "utf8")) as Record<string, unknown>;
  const pretend = (over: object) =>
    writeFile(join(path, "heartbeat.json"), JSON.stringify({ ...beat, state: "running", ...over }));
  // The parent process lives as long as this test does.
  await pretend({ pid: process.ppid });
  await assert.rejects(resumeRun(path), /the run is being trained, by process \d+ on .*; stop that first/);
  const run = await RunDirectory.open(path);
  assert.equal(await run.status(), "running");
  assert.equal(await run.status(Date.now() + 600_000), "dead", "nobody beats so slowly");
  await pretend({ pid: 99_999_999 });
  assert.equal(await run.status(), "dead");
  await pretend({ host: "elsewhere", pid: 99_999_999 });
  assert.equal(await run.status(), "running", "processes of other machines cannot be seen");
  assert.equal(await run.status(Date.now() + 61_000), "dead");
  await writeFile(join(path, "heartbeat.json"), "{");
  assert.equal(await run.status(), "new");
  await writeFile(join(path, "config.json"), "{");
  await assert.rejects(
    resumeRun(path),
    (error: Error) => error instanceof RunError && /config\.json: damaged/.test(error.message),
  );
});
