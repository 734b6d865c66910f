import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setThreads } from "@gantry/torch";
import { assertClose } from "../../testing/networks.js";
import { finish, temporaryFolder, tinyConfig, writeImages } from "../../testing/runs.js";
import { startRun } from "../../train/train.js";
import { UsageError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { drawMixingGrid, styleRanges } from "./mixing.js";
import { Sampler } from "./sampler.js";

setThreads(1);
const folder = await temporaryFolder();
const images = await writeImages(folder);

async function sampler(name: string, recipe: string, settings: JsonObject): Promise<Sampler> {
  const path = join(folder, name);
  await finish(await startRun(await tinyConfig(recipe, images, { steps: 2 }, settings), path));
  return Sampler.open(path);
}

const style = { data: { size: 16 }, net: { channels: 4, styleSize: 4, mappingLayers: 2 } };

test("coarse, middle and fine are the paper's at 1024 pixels, and thirds of small images", () => {
  const sides = (largest: number) => {
    const all: number[] = [];
    for (let side = 4; side <= largest; side *= 2) all.push(side, side);
    return all;
  };
  const ranges = (largest: number) =>
    styleRanges(sides(largest)).map(({ name, from, to }) => [name, from, to]);
  assert.deepEqual(ranges(1024), [
    ["coarse", 0, 4],
    ["middle", 4, 8],
    ["fine", 8, 18],
  ]);
  assert.deepEqual(ranges(32), [
    ["coarse", 0, 2],
    ["middle", 2, 4],
    ["fine", 4, 8],
  ]);
  assert.deepEqual(ranges(8), [
    ["coarse", 0, 2],
    ["fine", 2, 4],
  ]);
  assert.deepEqual(ranges(4), [["coarse", 0, 2]]);
});

for (const conditional of [false, true])
  test(`a grid of sources, images and their mixtures, ${conditional ? "of one class" : "without labels"}`, async () => {
    const opened = await sampler(`styled-${conditional}`, "stylegan", { ...style, conditional });
    const size = opened.latentSize;
    const latents = opened.latents(2 + 3, 5);
    const [columns, rows] = [latents.slice(0, 2 * size), latents.slice(2 * size)];
    const grid = drawMixingGrid(opened, columns, rows, { label: 1 });
    const numbers = 16 * 16;
    const cell = (row: number, column: number) => [
      ...grid.slice((row * 3 + column) * numbers, (row * 3 + column + 1) * numbers),
    ];
    assert.equal(grid.length, 4 * 3 * numbers);
    assert.ok(
      cell(0, 0).every((value) => value === 1),
      "the corner",
    );
    const one = (all: Iterable<Float32Array>) => [...[...all][0]!];
    const label = Int32Array.of(1);
    const latent = (i: number) => latents.slice(i * size, (i + 1) * size);
    // The grid is made in batches, and LibTorch does not round every row of a batch alike.
    const alike = (a: readonly number[], b: readonly number[], what: string) => assertClose(a, b, 1e-5, what);
    alike(cell(0, 2), one(opened.samples(latent(1), label)), "a source");
    alike(cell(3, 0), one(opened.samples(latent(4), label)), "an image");
    const mixed = (image: number, source: number, takes: (layer: number) => boolean) =>
      one(opened.samples(latent(image), label, { sources: latent(source), takes }));
    const fine = mixed(4, 1, (layer) => layer >= 4);
    alike(cell(3, 2), fine, "an image with a source's fine styles");
    const coarse = mixed(2, 0, (layer) => layer < 2);
    alike(cell(1, 1), coarse, "with coarse ones");
    const unlike = (other: number[]) => Math.max(...coarse.map((value, i) => Math.abs(value - other[i]!)));
    assert.ok(unlike(cell(1, 0)) > 1e-3, `its own styles: ${unlike(cell(1, 0))} apart`);
    assert.throws(
      () => drawMixingGrid(opened, columns, latents.slice(0, 2 * size)),
      /2 rows are not shared out/,
    );
    opened.close();
  });

test("a generator without styles is refused", async () => {
  const plain = await sampler("plain", "dcgan", {});
  const latents = plain.latents(3, 1);
  assert.throws(
    () => drawMixingGrid(plain, latents, latents),
    (error) =>
      error instanceof UsageError && /no styles to mix; train with net\.family=stylegan/.test(error.message),
  );
  plain.close();
});
