import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { encodePng } from "@gantry/formats";
import { temporaryFolder } from "../../testing/runs.js";
import type { JsonObject } from "../base/json.js";
import { resolveConfig } from "./config.js";
import { fitToData, fittingAugmentation } from "./fit.js";

const folder = await temporaryFolder();

/** A folder of one picture each of these widths and heights. */
async function pictures(name: string, sizes: readonly (readonly [number, number])[]): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [i, [width, height]] of sizes.entries()) {
    const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => (at * (i + 3)) % 251);
    await writeFile(join(path, `${i}.png`), await encodePng({ shape: [3, height, width], data }));
  }
  return path;
}

async function fit(recipe: string, path: string, settings: JsonObject = {}, keepBatch = false) {
  const notes: string[] = [];
  const home = join(folder, "home");
  const config = await resolveConfig({ recipe, settings: [{ data: null }, { data: { path } }, settings] });
  const fitted = await fitToData(config, { home, onNote: (note) => notes.push(note) }, { keepBatch });
  return { ...fitted, asked: config, notes: notes.filter((note) => !note.startsWith("decoding")) };
}

const odd = Array.from({ length: 20 }, (_, i) => [70 + 3 * i, 90 - i] as const);

test("the largest size that networks take and most images have is chosen, to 64, and said", async () => {
  const path = await pictures("odd", odd);
  const { config, dataset, notes } = await fit("dcgan", path);
  assert.equal(config.data.size, 64);
  assert.deepEqual(dataset?.shape, [3, 64, 64]);
  assert.equal(
    notes[0],
    "20 images of 70x90 to 127x71: the square in the middle of each, at 64x64; --size takes 28, 32, 48 too",
  );
  const small = await pictures("small", [...odd.slice(0, 17), [40, 50], [33, 80], [20, 20]]);
  assert.equal((await fit("dcgan", small)).config.data.size, 32, "the third smallest has 40 pixels");
});

test("a size that was said, and images that fit as they are, stay", async () => {
  const path = join(folder, "odd");
  const said = await fit("dcgan", path, { data: { size: 28 } });
  assert.equal(said.config.data.size, 28);
  assert.ok(!said.notes.some((note) => note.includes("--size")));
  const square = await pictures(
    "square",
    Array.from({ length: 4 }, () => [32, 32] as const),
  );
  const { config, dataset } = await fit("dcgan", square);
  assert.equal(config.data.size, undefined);
  assert.deepEqual(dataset?.shape, [3, 32, 32]);
});

test("a size that the networks do not take is refused before anything is decoded", async () => {
  const path = join(folder, "odd");
  const home = join(folder, "untouched");
  const settings = [{ data: null }, { data: { path, size: 50 } }];
  const config = await resolveConfig({ recipe: "dcgan", settings });
  await assert.rejects(
    fitToData(config, { home }),
    /for square images of 28, 32, 48, 64 pixels, not \[3,50,50\]/,
  );
  assert.equal(existsSync(home), false);
});

test("a batch larger than the data is made to fit, and said; one that was asked for stays", async () => {
  const path = join(folder, "odd");
  const { config, asked, notes } = await fit("dcgan", path);
  assert.deepEqual([asked.batch, config.batch], [128, 16]);
  assert.ok(notes.includes("batch 16, since there are 20 images and the recipe's is 128"), notes.join("\n"));
  assert.equal((await fit("dcgan", path, {}, true)).config.batch, 128);
  assert.equal((await fit("dcgan", path, { batch: 8 })).config.batch, 8);
});

test("few images: the augmentation that fits is named, unless there is one", async () => {
  const path = join(folder, "odd");
  const advice = async (recipe: string, settings?: JsonObject) =>
    (await fit(recipe, path, settings)).notes.find((note) => note.includes("--augment"));
  assert.match((await advice("dcgan")) ?? "", /^20 images are few, .*--augment puts diff-augment on/);
  assert.equal(await advice("dcgan", { terms: { ada: {} } }), undefined);
  assert.equal(await advice("aae", { data: { size: 32 } }), undefined);
  assert.equal(fittingAugmentation({ terms: { hinge: {}, mine: { term: "diff-augment" } } }), undefined);
});

test("data that is no folder or archive of images stays as it is", async () => {
  const config = await resolveConfig({ recipe: "gan" });
  const fitted = await fitToData(config);
  assert.equal(fitted.config, config);
  assert.equal(fitted.dataset, undefined);
});
