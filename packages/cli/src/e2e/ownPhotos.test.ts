// A folder of photographs of any size, as a newcomer gives it.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { encodePng } from "@gantry/formats";
import { inProcess, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
process.env.GANTRY_HOME = join(cwd, "home");
const SMALL = ["--set", "net.channels=4", "--set", "samples=4", "--steps", "1", "--threads", "1"];

before(async () => {
  mkdirSync(join(cwd, "photos"));
  for (let i = 0; i < 12; i++) {
    const [height, width] = [50 + i, 80 - i];
    const data = Uint8Array.from({ length: 3 * height * width }, (_, at) => (at * (i + 3)) % 251);
    writeFileSync(join(cwd, `photos/${i}.png`), await encodePng({ shape: [3, height, width], data }));
  }
  writeFileSync(join(cwd, "photos/phone.heic"), "whatever");
});

test("photographs of any size: size, batch and augmentation are chosen and said, HEIC is named", async () => {
  const { stderr } = await succeed(["train", "dcgan", "photos", "--augment", "--out", "one", ...SMALL], {
    cwd,
  });
  assert.match(
    stderr,
    /12 images of 80x50 to .*: the square in the middle of each, at 48x48; --size takes 28, 32, 64/,
  );
  assert.match(stderr, /batch 8, since there are 12 images and the recipe's is 128/);
  assert.match(stderr, /phone\.heic: HEIC; convert such images to JPEG, as heif-convert does/);
  assert.doesNotMatch(stderr, /--augment puts/);
  const { config } = JSON.parse(readFileSync(join(cwd, "one/config.json"), "utf8"));
  assert.deepEqual([config.data.size, config.batch], [48, 8]);
  assert.ok("diff-augment" in config.terms);
});

test("--augment takes a name with options, refuses what is none, and a batch that was asked for stays", async () => {
  const given = ["train", "dcgan", "photos", ...SMALL];
  const plan = [...given, "--dry-run", "--json"];
  const { stdout, stderr } = await succeed([...plan, "--augment", "ada:kimg=50"], { cwd });
  assert.match(stdout, /"ada":\{[^}]*"kimg":50/);
  assert.doesNotMatch(stderr, /--augment/);
  assert.match((await succeed(plan, { cwd })).stdout + stderr, /--augment puts diff-augment on/);
  await refuse(
    ["train", "dcgan", "--augment", "photos", ...SMALL],
    2,
    /--augment photos: it takes mirror, .*behind --data/,
    { cwd },
  );
  await refuse(
    [...given, "--augment", "--with", "ada"],
    2,
    /--augment: of the terms .* one augments already/,
    { cwd },
  );
  for (const [wrong, reason] of [
    [["--batch", "64"], /a batch of 64 is larger than the data set photos/],
    [["--set", "data.size=50"], /for square images of 28, 32, 48, 64 pixels/],
  ] as const) {
    const refused = await inProcess([...given, "--out", "two", ...wrong], { cwd });
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, reason);
    assert.equal(existsSync(join(cwd, "two")), false);
  }
});

test("a fork to fewer photographs takes a batch of them, and keeps the size", async () => {
  mkdirSync(join(cwd, "few"));
  for (let i = 0; i < 5; i++)
    writeFileSync(join(cwd, `few/${i}.png`), readFileSync(join(cwd, `photos/${i}.png`)));
  const { stderr } = await succeed(
    ["fork", "one", "--data", "few", "--steps", "2", "--threads", "1", "--out", "three"],
    { cwd },
  );
  assert.match(stderr, /batch 4, since there are 5 images and the recipe's is 8/);
  const { config } = JSON.parse(readFileSync(join(cwd, "three/config.json"), "utf8"));
  assert.deepEqual([config.data.size, config.batch], [48, 4]);
});
