// What `gantry sample` writes beside grids and numbers: a file for each, what moves, and the data beside it.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { decodePng, encodePng, readNpy } from "@gantry/formats";
import sharp from "sharp";
import { QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
process.env.GANTRY_HOME = join(cwd, "home");
const inside = { cwd };
const bad = (args: string[], reason: RegExp) => refuse(args, 2, reason, inside);
const sample = (...args: string[]) => succeed(["sample", "images", ...args], inside);

before(async () => {
  mkdirSync(join(cwd, "photos"));
  for (let i = 0; i < 8; i++) {
    const data = Uint8Array.from({ length: 3 * 28 * 28 }, (_, at) => (at * (i + 3)) % 251);
    writeFileSync(join(cwd, `photos/${i}.png`), await encodePng({ shape: [3, 28, 28], data }));
  }
  const small = [
    "--batch",
    "4",
    "--steps",
    "10",
    "--threads",
    "1",
    "--set",
    "net.channels=2",
    "--set",
    "samples=4",
  ];
  await succeed(["train", "dcgan", "photos", ...small, "--out", "images"], inside);
  await succeed(["train", "gan", ...QUICK, "--steps", "2", "--out", "points"], inside);
});

test("a folder gets a PNG file for each sample, as the numbers are; not one with files in it", async () => {
  await sample("--count", "5", "--out", "folder/");
  const names = readdirSync(join(cwd, "folder")).sort();
  assert.deepEqual(names, ["000000.png", "000001.png", "000002.png", "000003.png", "000004.png"]);
  await sample("--count", "5", "--out", "x.npy");
  const numbers = new Float32Array((await readNpy(join(cwd, "x.npy"))).data.slice().buffer);
  const { shape, data } = await decodePng(readFileSync(join(cwd, "folder/000003.png")));
  assert.deepEqual(shape, [3, 28, 28]);
  const size = 3 * 28 * 28;
  for (const [i, byte] of data.entries())
    assert.equal(byte, Math.min(255, Math.max(0, Math.round((numbers[3 * size + i]! + 1) * 127.5))));
  await bad(["sample", "images", "--out", "folder"], /--out folder: there are files in it/);
  await bad(["sample", "points", "--out", "other/"], /points are no pictures each; FILE\.npy/);
});

const moving = async (name: string) => {
  const { pages, pageHeight, width, delay, format } = await sharp(join(cwd, name), {
    animated: true,
  }).metadata();
  return { format, pages, size: [width, pageHeight], delay };
};

test("ways between latents move there and back, all at once", async () => {
  await sample("--interpolate", "--count", "4", "--frames", "5", "--out", "walk.gif");
  const side = 2 * (2 * 30 + 2);
  assert.deepEqual(await moving("walk.gif"), {
    format: "gif",
    pages: 8,
    size: [side, side],
    delay: Array(8).fill(50),
  });
  await sample("--interpolate", "--count", "1", "--out", "long.gif");
  assert.equal((await moving("long.gif")).pages, 58);
  await bad(
    ["sample", "images", "--out", "x.gif"],
    /a \.gif moves; give --interpolate, --vary or --training/,
  );
  await bad(["sample", "points", "--interpolate", "--out", "x.gif"], /--training, or take FILE\.png/);
  await bad(["sample", "images", "--interpolate", "--frames", "1000", "--out", "x.webp"], /too many/);
});

test("the training moves: the run's own pictures, each under its iteration", async () => {
  const { stdout } = await sample("--training", "--out", "training.gif");
  assert.match(stdout, /^training\.gif: 2 pictures of the training of images, iterations 1 to 10\n$/);
  assert.deepEqual(await moving("training.gif"), {
    format: "gif",
    pages: 2,
    size: [124, 148],
    delay: [150, 2000],
  });
  await succeed(["sample", "points", "--training", "--out", "points.webp"], inside);
  await bad(["sample", "images", "--training", "--out", "x.png"], /--training moves/);
  await bad(["sample", "images", "--training", "--seed", "1", "--out", "x.gif"], /leave --seed out/);
});

test("MP4 is written by ffmpeg, where there is one", async () => {
  const walk = ["sample", "images", "--interpolate", "--count", "1", "--frames", "3", "--out", "walk.mp4"];
  const bin = join(cwd, "bin");
  mkdirSync(bin);
  const path = process.env.PATH;
  try {
    process.env.PATH = bin;
    await bad(walk, /MP4 is written by ffmpeg, and none is installed; .*FILE\.gif/);
    // One that writes down what it is given.
    writeFileSync(
      join(bin, "ffmpeg"),
      `#!${process.execPath}\nconst fs = require("node:fs"); let n = 0; process.stdin.on("data", (d) => { n += d.length; }).on("end", () => fs.writeFileSync(process.argv.at(-1), JSON.stringify([n, process.argv.slice(2)])));\n`,
    );
    chmodSync(join(bin, "ffmpeg"), 0o755);
    await succeed(walk, inside);
  } finally {
    process.env.PATH = path;
  }
  const [bytes, args] = JSON.parse(readFileSync(join(cwd, "walk.mp4"), "utf8")) as [number, string[]];
  assert.equal(bytes, 4 * 3 * 64 * 64);
  assert.equal(args[args.indexOf("-s") + 1], "64x64");
});

test("beside each sample its nearest training image", async () => {
  const { stdout } = await sample("--count", "2", "--nearest", "--out", "nearest.png");
  assert.match(
    stdout,
    /^nearest\.png: 2 images of .*; beside each the nearest of 8 training images, by pixels/,
  );
  const { shape, data } = await decodePng(readFileSync(join(cwd, "nearest.png")));
  assert.deepEqual(shape, [3, 124, 124], "two pairs, one below the other");
  const beside = Uint8Array.from({ length: 28 * 28 }, (_, at) => {
    const [y, x] = [Math.floor(at / 28), at % 28];
    return data[(4 + 2 * y) * 124 + 64 + 2 * x] as number;
  });
  const photos = await Promise.all(
    Array.from(
      { length: 8 },
      async (_, i) => (await decodePng(readFileSync(join(cwd, `photos/${i}.png`)))).data,
    ),
  );
  assert.ok(
    photos.some((photo) => beside.every((value, at) => value === photo[at])),
    "the right one of a pair is an image of the data",
  );
  await bad(["sample", "images", "--nearest", "--out", "x.npy"], /--nearest makes a picture/);
  await bad(["sample", "points", "--nearest", "--out", "x.png"], /--nearest is for images/);
});
