import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import { readNpy, readOnnxSummary } from "@gantry/formats";
import { type Generator, loadGenerator, type SampleRequest } from "@gantry/web";
import { pageFolder } from "@gantry/web/page";
import * as runtime from "onnxruntime-web";
import { writeDigits } from "../testing/digits.js";
import { QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

runtime.env.wasm.numThreads = 1;

const cwd = temporaryFolder();
const inside = { cwd };
const place = (name: string) => join(cwd, name);
const bad = (args: string[], reason: RegExp) => refuse(["export", ...args], 2, reason, inside);
/** Steps so large that a few lead away from where networks begin, where images are grey and constants constant. */
const FAST = "optimizers.default.learningRate=0.05";
const settings = (...all: string[]) => [FAST, ...all].flatMap((setting) => ["--set", setting]);
const data = ["--data", join("digits", "train-images-idx3-ubyte"), "--threads", "1", "--batch", "4"];

before(async () => {
  await writeDigits(place("digits"), { train: 40, t10k: 10 });
  await succeed(["train", "gan", ...QUICK, "--steps", "2", "--out", "points"], inside);
});

async function open(run: string, ...options: string[]): Promise<Generator> {
  await succeed(["export", run, "--onnx", "made.onnx", ...options], inside);
  return await loadGenerator(await readFile(place("made.onnx")), { runtime, provider: "wasm" });
}

async function drawn(...args: readonly string[]): Promise<Float32Array> {
  await succeed(["sample", ...args, "--out", "x.npy"], inside);
  return new Float32Array((await readNpy(place("x.npy"))).data.slice().buffer);
}

async function apart(generator: Generator, request: SampleRequest, expected: Float32Array): Promise<number> {
  const { data: found } = await generator.sample(request);
  assert.equal(found.length, expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
}

test("a conditional run's generator makes the samples of gantry sample, by seed and class, and says what it is", async () => {
  const small = settings("net.channels=2", "samples=4", "average.decay=0.5");
  const digits = ["--data", "./digits", "--threads", "1", "--batch", "8"];
  await succeed(
    ["train", "cgan", "--preset", "small", ...digits, "--steps", "5", ...small, "--out", "classes"],
    inside,
  );
  const generator = await open("classes");
  const { prior, classes, range, checkpoint, recipe, iteration } = generator.description;
  assert.deepEqual([classes?.count, range, recipe, iteration], [10, [-1, 1], "cgan", 5]);
  assert.match(
    await readFile(place("classes/checkpoints/step-000005/state.json"), "utf8"),
    new RegExp(`"checksum": "${checkpoint}"`),
  );
  assert.ok(prior.size > 0 && prior.codes.length === 0);
  const threes = await drawn("classes", "--class", "3", "--count", "5", "--seed", "7");
  const wish = { seed: 7, count: 5, class: 3 };
  assert.ok((await apart(generator, wish, threes)) < 1e-4);
  assert.ok((await apart(generator, { ...wish, class: classes?.names?.[3] ?? 3 }, threes)) < 1e-4);
  assert.ok((await apart(generator, { ...wish, class: 4 }, threes)) > 1e-3);
  await assert.rejects(generator.sample({ class: 10 }), /there is no class 10/);
  await assert.rejects(generator.sample({ psi: 1 }), /psi is for generators/);
  // The averaged weights by default, as everywhere.
  const raw = await drawn("classes", "--class", "3", "--count", "5", "--seed", "7", "--weights", "raw");
  assert.ok((await apart(await open("classes", "--weights", "raw"), wish, raw)) < 1e-4);
  assert.ok((await apart(generator, wish, raw)) > 1e-4);
  const half = await open("classes", "--half");
  assert.ok((await apart(half, wish, threes)) < 1e-2);
  const { stored } = readOnnxSummary(await readFile(place("made.onnx")));
  assert.ok((stored.get("float16") ?? 0) > 2 * (stored.get("float32") ?? 0), JSON.stringify([...stored]));
});

test("StyleGAN: psi, and noise left out or in; a run whose networks are growing", async () => {
  const small = settings(
    "net.channels=8",
    "net.styleSize=4",
    "net.mappingLayers=1",
    "data.size=16",
    "samples=4",
  );
  const growing = ["--with", "progressive-growing:stable=4,fading=8", "--steps", "5"];
  await succeed(["train", "stylegan", ...data, ...small, ...growing, "--out", "styled"], inside);
  // Of the average the constant is still one, so that without noise there is nothing but rounding to normalise.
  const raw = ["--weights", "raw"];
  const generator = await open("styled", ...raw);
  assert.ok(generator.hasPsi && generator.hasNoise);
  const quiet = ["styled", ...raw, "--count", "3", "--noise", "0"];
  const plain = await drawn(...quiet);
  assert.ok((await apart(generator, { count: 3 }, plain)) < 1e-4);
  const near = await drawn(...quiet, "--psi", "0.5");
  assert.ok((await apart(generator, { count: 3, psi: 0.5 }, near)) < 1e-4);
  assert.ok((await apart(generator, { count: 3 }, near)) > 1e-3);
  await refuse(
    ["sample", "points", "--noise", "0", "--out", "x.npy"],
    2,
    /noise is of the layers of StyleGAN's generator/,
    inside,
  );
});

test("encoders and discriminators too", async () => {
  const small = settings("net.channels=2", "samples=4", "data.size=32");
  await succeed(["train", "ali", ...data, ...small, "--steps", "1", "--out", "pairs"], inside);
  for (const [player, inputs] of [
    ["encoder", ["images", "noise.0"]],
    ["discriminator", ["images", "latents"]],
  ] as const) {
    await succeed(["export", "pairs", "--onnx", "p.onnx", "--player", player], inside);
    const bytes = await readFile(place("p.onnx"));
    const session = await runtime.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
    assert.deepEqual([...session.inputNames].sort(), inputs);
    await assert.rejects(loadGenerator(bytes, { runtime }), /of no generator that 'gantry export' wrote/);
  }
  await bad(
    ["pairs", "--onnx", "p.onnx", "--player", "encodr"],
    /has no player 'encodr'; did you mean "encoder"/,
  );
});

test("a page is a folder that needs nothing from elsewhere", {
  skip: !existsSync(pageFolder) && "npm run build bundles it",
}, async () => {
  const { stdout } = await succeed(["export", "points", "--page", "site", "--onnx", "p.onnx"], inside);
  assert.match(
    stdout,
    /^p\.onnx: generator of points at iteration 2, .*\nsite: a page with the generator.*\nnext: open site.index\.html in a browser.*\n$/s,
  );
  const files = await readdir(place("site"));
  assert.deepEqual(files.sort(), [
    "generator.js",
    "index.html",
    "licences.txt",
    "page.css",
    "page.js",
    "runtime.js",
  ]);
  for (const file of ["index.html", "page.css"])
    assert.doesNotMatch(await readFile(join(cwd, "site", file), "utf8"), /https?:/);
  const script = await readFile(place("site/generator.js"), "utf8");
  assert.match(script, /^globalThis\.gantryGenerator = "[A-Za-z0-9+/=]+";\n$/);
  assert.ok((await stat(place("site/runtime.js"))).size < 12e6);
});

test("what cannot be exported is one line", async () => {
  await bad(["points"], /say what to write: --onnx FILE\.onnx, --page FOLDER, or both/);
  await bad(["points", "--onnx", "g.pb"], /name a file that ends in \.onnx/);
  await bad(["points", "--page", "site", "--player", "discriminator"], /--page shows the generator/);
  await bad(["nowhere", "--onnx", "g.onnx"], /nowhere/);
  await bad(["points", "--onnx", "g.onnx", "--weights", "ema"], /keeps no average of its weights/);
  await writeFile(place("taken"), "");
  await bad(["points", "--page", "taken"], /there is a file of that name/);
});
