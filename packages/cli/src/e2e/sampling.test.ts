// Arithmetic with latents, classes and ranks, of small runs; what the samples of a run otherwise are, training.test.ts tries.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pngSize, readNpy } from "@gantry/formats";
import { writeDigits } from "../testing/digits.js";
import { QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
process.env.GANTRY_HOME = join(cwd, "home");
const inside = { cwd };
const bad = (args: string[], reason: RegExp) => refuse(args, 2, reason, inside);

before(async () => {
  await writeDigits(join(cwd, "mnist"), { train: 40, t10k: 10 });
  await succeed(["train", "gan", ...QUICK, "--steps", "3", "--out", "points"], inside);
  const small = ["--data", "./mnist", "--steps", "2", "--batch", "8", "--threads", "1", "--out", "classes"];
  for (const setting of ["net.channels=2", "samples=4", "average.decay=0.5", "average.statistics=averaged"])
    small.push("--set", setting);
  await succeed(["train", "cgan", "--preset", "small", ...small], inside);
});

const numbers = async (...args: string[]): Promise<Float32Array> => {
  await succeed(["sample", ...args, "--out", "x.npy"], inside);
  return new Float32Array((await readNpy(join(cwd, "x.npy"))).data.slice().buffer);
};

describe("gantry arithmetic", () => {
  test("a row for each mean, and the result with its neighbours below; the same again", async () => {
    const args = ["arithmetic", "classes", "--plus", "1,2,3", "--minus", "8,9", "--plus", "16,17,18,19"];
    const { stdout } = await succeed([...args, "--out", "sum.png"], inside);
    assert.match(
      stdout,
      /^sum\.png: \+ 1, 2, 3 \+ 16, 17, 18, 19 − 8, 9 of classes at iteration 2, averaged weights\n$/,
    );
    const picture = await readFile(join(cwd, "sum.png"));
    // Images of 56 pixels and 4 between, nine in the longest row, under names of 24 pixels.
    const { width, height } = pngSize(picture);
    assert.equal(height, 24 + 4 * 60);
    assert.ok(width > 9 * 60 && width < 9 * 60 + 200, String(width));
    await succeed([...args, "--out", "again.png"], inside);
    assert.deepEqual(await readFile(join(cwd, "again.png")), picture);
    await succeed([...args, "--seed", "1", "--standing-statistics", "2", "--out", "other.png"], inside);
    assert.notDeepEqual(await readFile(join(cwd, "other.png")), picture);
    await succeed(["arithmetic", "points", "--plus", "0", "--minus", "1,2", "--out", "p.png"], inside);
    assert.deepEqual(pngSize(await readFile(join(cwd, "p.png"))).width, 480);
  });

  test("positions that are not in the grid, are none, or of several classes are one line", async () => {
    const sum = (...args: string[]) => ["arithmetic", "classes", "--out", "x.png", ...args];
    await bad(
      sum("--plus", "1,64"),
      /no position 64 in the grid: it has 64, 0 to 63; a larger one: --count 65/,
    );
    await bad(sum("--class", "3,4", "--plus", "16"), /it has 16, 0 to 15/);
    await bad(sum("--plus", "1,-2"), /--plus 1,-2: '-2' is no position/);
    await bad(sum("--plus", "1", "--minus", ""), /'' is no position/);
    await bad(sum("--plus", "1,1"), /position 1 is named twice/);
    await bad(sum("--minus", "1"), /say what to begin with: --plus/);
    await bad(sum("--plus", "7,8"), /positions 7,8 are of several classes \(0, 1\).*--class 0/);
    await bad(["arithmetic", "points", "--plus", "1", "--out", "x.npy"], /goes to a \.png file/);
    await bad(["arithmetic", "points", "--plus", "1"], /--out FILE\.png/);
    await bad(["arithmetic", "points", "--plus", "1", "--class", "1", "--out", "x.png"], /takes no classes/);
    await succeed(sum("--count", "65", "--plus", "1,2", "--minus", "64"), inside);
    await succeed(sum("--class", "3", "--plus", "7,8"), inside);
  });
});

describe("gantry sample --class", () => {
  test("one class, a range and names: a row of eight for each", async () => {
    const size = 28 * 28;
    const all = await numbers("classes", "--count", "64");
    assert.deepEqual(await numbers("classes"), all);
    // The grid's second row is of class 1, whatever else is drawn.
    const ones = await numbers("classes", "--class", "1", "--count", "64");
    assert.deepEqual(ones.subarray(8 * size, 16 * size), all.subarray(8 * size, 16 * size));
    assert.notDeepEqual(ones.subarray(0, 8 * size), all.subarray(0, 8 * size));
    const rows = await numbers("classes", "--class", "4,0-1");
    assert.equal(rows.length, 24 * size);
    assert.deepEqual(await numbers("classes", "--class", "4,0,1"), rows);
    await succeed(["sample", "classes", "--class", "0-2", "--out", "rows.png"], inside);
    const { width, height } = pngSize(await readFile(join(cwd, "rows.png")));
    assert.deepEqual([width, height], [(2 + 8 * 30) * 2, (2 + 3 * 30) * 2]);
    const ways = await numbers("classes", "--class", "7", "--interpolate", "--count", "2", "--frames", "3");
    assert.equal(ways.length, 6 * size);
  });

  test("classes that there are not are refused", async () => {
    const sample = (name: string, text: string) => ["sample", name, "--class", text, "--out", "x.png"];
    await bad(sample("classes", "10"), /no class 10: the run has 10, 0 to 9/);
    await bad(sample("classes", "seven"), /no class 'seven'.*numbers from 0 to 9, or: 0, 1, 2/);
    await bad(sample("points", "1"), /takes no classes; train one that does/);
  });
});

describe("gantry sample --rank discriminator", () => {
  test("the same samples in another order; of more, the best", async () => {
    const size = 28 * 28;
    const key = (sample: Float32Array) => sample.slice(0, size).join();
    const split = (data: Float32Array) =>
      Array.from({ length: data.length / size }, (_, i) => data.slice(i * size, (i + 1) * size));
    const grid = split(await numbers("classes", "--count", "20"));
    const ranked = split(await numbers("classes", "--count", "20", "--rank", "discriminator"));
    assert.notDeepEqual(ranked.map(key), grid.map(key));
    assert.deepEqual(ranked.map(key).sort(), grid.map(key).sort());
    const best = await numbers("classes", "--rank", "discriminator", "--from", "20", "--count", "3");
    assert.deepEqual(split(best).map(key), ranked.slice(0, 3).map(key));
    const { stdout } = await succeed(
      ["sample", "points", "--rank", "discriminator", "--from", "1e4", "--out", "best.png"],
      inside,
    );
    assert.match(
      stdout,
      /^best\.png: 64 points of .*; the best of 10,000 points by its discriminator, from /,
    );
  });

  test("what cannot be ranked is refused", async () => {
    const rank = (...args: string[]) => ["sample", "points", "--out", "x.npy", ...args];
    await bad(rank("--from", "100"), /give it with --rank discriminator/);
    await bad(rank("--rank", "discriminator", "--from", "10"), /--from 10 draws fewer than the 64/);
    await bad(rank("--rank", "discriminator", "--interpolate"), /have their own/);
    await bad(rank("--rank", "discriminator", "--latents", "x.npy", "--from", "100"), /--latents gives them/);
    await bad(rank("--rank", "beauty"), /discriminator/);
    await bad(rank("--standing-statistics", "3"), /no batch norm/);
  });
});
