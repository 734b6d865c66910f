import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { defaultGenerator } from "@gantry/torch";
import type { JsonObject } from "../core/base/json.js";
import { RunDirectory } from "../core/run/directory.js";
import { readingsOf } from "../evaluation/diagnose/records.js";
import { SignalMeter } from "../evaluation/diagnose/signals.js";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { forkRun, resumeRun, startRun } from "./train.js";
import { Trainer } from "./trainer.js";

const folder = await temporaryFolder();
const images = await writeImages(folder);
const place = async () => join(await mkdtemp(join(folder, "run-")), "run");

/** What a training is after some iterations, to the bit. */
async function stateAfter(recipe: string, settings: JsonObject[], reads: boolean) {
  const trainer = await Trainer.create(await tinyConfig(recipe, images, { steps: 4 }, ...settings));
  const meter = reads ? new SignalMeter(trainer) : undefined;
  try {
    for await (const _ of trainer.run()) meter?.read();
    const weights = [...trainer.game.players.values()].flatMap(({ network }) =>
      [...network.stateDict()].map(([name, tensor]) => [
        name,
        Buffer.from(tensor.toBytes()).toString("base64"),
      ]),
    );
    return { weights, state: trainer.state() };
  } finally {
    meter?.close();
    await trainer.close();
  }
}

for (const [what, recipe, ...settings] of [
  ["points", "gan"],
  ["packs", "gan", { terms: { packing: {} } }],
  ["batch norm, heads that compare, an average", "dcgan", { terms: { "minibatch-discrimination": {} } }],
  ["spectral norm, augmentation", "dcgan", { net: { discriminatorNorm: "spectral" }, terms: { ada: {} } }],
  ["labels", "dcgan", { conditional: true }],
  ["dropout", "gan-mnist", { net: { channels: null, generatorSize: 8, discriminatorSize: 8 } }],
] as [string, string, ...JsonObject[]][])
  test(`looking changes no bit of a training: ${what}`, async () => {
    defaultGenerator("cpu").manualSeed(1);
    const alone = await stateAfter(recipe, settings, false);
    defaultGenerator("cpu").manualSeed(1);
    assert.deepEqual(await stateAfter(recipe, settings, true), alone);
  });

test("a run keeps its readings and findings, and one that is resumed is judged as a whole", async () => {
  const path = await place();
  const config = await tinyConfig("dcgan", images, { steps: 8 });
  const told: string[] = [];
  const onFinding = ({ finding }: { finding: { name: string } }) => told.push(finding.name);
  await finish(await startRun(config, path), { onFinding });
  // 40 pictures of noise, and a network of some hundred weights.
  assert.deepEqual(told, ["few-images"]);
  const events = await (await RunDirectory.open(path)).readEvents();
  assert.deepEqual(
    readingsOf(events).map(({ iteration }) => iteration),
    [8],
    "the last iteration, whatever the interval",
  );
  const { signals = {} } = readingsOf(events)[0] ?? {};
  for (const name of [
    "energy",
    "spread/pixels",
    "spread/features",
    "separation",
    "copies",
    "weights/generator",
  ])
    assert.ok(Number.isFinite(signals[name]), name);
  const again: string[] = [];
  await finish(await resumeRun(path, 6), { onFinding: ({ finding }) => again.push(finding.name) });
  assert.deepEqual(again, [], "it was told before");
  const verdicts: string[] = [];
  await finish(await resumeRun(path, 8), {
    onVerdict: (found) => verdicts.push(...found.map(({ finding }) => finding.name)),
  });
  assert.deepEqual(verdicts, ["few-images"]);
});

test("a finding that it is to stop on ends a training, with a checkpoint", async () => {
  const path = await place();
  const config = await tinyConfig("dcgan", images, { steps: 8 });
  const reports = await finish(await startRun(config, path), { stopOn: ["few-images"] });
  assert.deepEqual(reports, []);
  assert.equal(await (await RunDirectory.open(path)).status(), "stopped");
  const reported = await finish(await resumeRun(path));
  assert.equal(reported.at(-1)?.iteration, 8);
});

test("a fork of RUN@0 begins at the beginning", async () => {
  const path = await place();
  const config = await tinyConfig("gan", images, { steps: 4 });
  await finish(await startRun(config, path));
  const other = await place();
  const reports = await finish(await forkRun(path, 0, config, other));
  assert.deepEqual(
    reports.map(({ iteration }) => iteration),
    [1, 2, 3, 4],
  );
});
