import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { decodePng } from "@gantry/formats";
import type { JsonObject } from "../core/base/json.js";
import { openDataset } from "../core/data/index.js";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../testing/runs.js";
import { isPictured } from "./pictures.js";
import { forkRun, resumeRun, startRun } from "./train.js";

const folder = await temporaryFolder();
const images = await writeImages(folder);
const picturesOf = async (path: string) =>
  (await readdir(join(path, "samples"))).map((name) => Number.parseInt(name, 10));

test("samples are drawn at 1, 10, 30, 100, ... until the interval is reached, then by it", () => {
  const upTo = (last: number, every: number) =>
    Array.from({ length: last }, (_, i) => i + 1).filter((i) => isPictured(i, every));
  assert.deepEqual(upTo(1600, 500), [1, 10, 30, 100, 300, 500, 1000, 1500]);
  assert.deepEqual(upTo(100, 40), [1, 10, 30, 40, 80]);
  assert.deepEqual(upTo(5, 2), [1, 2, 4]);
  assert.deepEqual(upTo(20_000, 1_000_000), [1, 10, 30, 100, 300, 1000, 3000, 10_000]);
});

test("a stopped run has a picture of where it stopped, a fork one of where it begins", async () => {
  const path = join(folder, "stopped");
  const late = { intervals: { sample: 100 } };
  const config = await tinyConfig("dcgan", images, late);
  const control = new AbortController();
  await finish(await startRun(config, path), {
    signal: control.signal,
    until: ({ iteration }) => {
      if (iteration === 5) control.abort();
      return false;
    },
  });
  assert.deepEqual(await picturesOf(path), [1, 5]);
  const forked = join(folder, "forked");
  await finish(await forkRun(path, 5, config, forked), { upTo: 6 });
  assert.deepEqual(await picturesOf(forked), [5, 6]);
  await finish(await resumeRun(path));
  assert.deepEqual(await picturesOf(path), [1, 5, 8]);
  assert.deepEqual(
    await readFile(join(forked, "samples/000005.png")),
    await readFile(join(path, "samples/000005.png")),
  );
});

test("reals.png shows images spread evenly over the data", async () => {
  const path = join(folder, "reals");
  await finish(await startRun(await tinyConfig("dcgan", images, { steps: 1 }), path));
  const { shape, data } = await decodePng(await readFile(join(path, "reals.png")));
  assert.deepEqual(shape, [1, 184, 184]);
  // Nine of 40, doubled, with four pixels around each: the last is the 36th.
  const dataset = await openDataset({ path: images });
  const expected = dataset.read([Math.floor((8 * 40) / 9)]) as Uint8Array;
  const left = 4 + 2 * 60;
  for (let y = 0; y < 28; y++)
    for (let x = 0; x < 28; x++)
      assert.equal(data[(left + 2 * y) * 184 + left + 2 * x], expected[y * 28 + x]);
});

for (const [recipe, settings] of [
  ["dcgan", {}],
  ["stylegan", { data: { size: 16 }, net: { channels: 4, styleSize: 4, mappingLayers: 2 } }],
  ["vaegan", {}],
] as [string, JsonObject][])
  test(`${recipe}: however many pictures are drawn, the training has the same bits`, async () => {
    const weights = async (name: string, sample: number) => {
      const path = join(folder, `${recipe}-${name}`);
      const run = { ...settings, steps: 6, intervals: { sample, checkpoint: 6 } };
      await finish(await startRun(await tinyConfig(recipe, images, run), path));
      const pictures = await picturesOf(path);
      const file = await readFile(join(path, "checkpoints/step-000006/generator.safetensors"));
      const state = JSON.parse(
        await readFile(join(path, "checkpoints/step-000006/state.json"), "utf8"),
      ) as JsonObject;
      return { pictures, bits: [file.toString("base64"), state.random, state.defaultRandom] };
    };
    const [often, seldom] = [await weights("often", 1), await weights("seldom", 100)];
    assert.deepEqual(
      [often.pictures, seldom.pictures],
      [
        [1, 2, 3, 4, 5, 6],
        [1, 6],
      ],
    );
    assert.deepEqual(often.bits, seldom.bits);
  });
