// Makes the run that packages/gan/src/train/across.test.ts goes on with to see that what older configurations say of change (decay, burst, start, lists of
// noise) is read as schedules of the same numbers. By a built checkout of 2aee1dc, the last without schedules:
//   node packages/gan/golden/across/make_before_schedules.mjs CHECKOUT
// It keeps the run as it was after 10 of 20 iterations, and what the other 10 were then, in golden/across/before-schedules.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const [checkout = "."] = process.argv.slice(2);
const { resolveConfig, startRun } = await import(
  pathToFileURL(resolve(checkout, "packages/gan/dist/index.js")).href
);
const config = await resolveConfig({
  recipe: "gan",
  with: [
    {
      name: "instance-noise",
      options: {
        sigma: [
          [0, 0.1],
          [2, 0.05],
          [5, 0],
        ],
        unit: "epochs",
      },
    },
  ],
  settings: [
    {
      data: { count: 200 },
      net: { generatorHidden: [24], discriminatorHidden: [24], initialization: "default" },
      batch: 32,
      samples: 4,
      steps: 20,
      threads: 1,
      seed: 3,
      average: { decay: 0.8, start: 12 },
      schedule: { decay: "linear", burst: { steps: 3, first: 2, every: 6 } },
      intervals: { log: 1, sample: 20, checkpoint: 10 },
    },
  ],
});
const folder = await mkdtemp(join(tmpdir(), "gantry-before-"));
const run = await startRun(config, join(folder, "run"));
const later = {};
for await (const { iteration, scalars } of run.reports()) if (iteration > 10) later[iteration] = scalars;
await run.trainer.close();
const target = fileURLToPath(new URL("before-schedules", import.meta.url));
await rm(target, { recursive: true, force: true });
await mkdir(join(target, "checkpoints"), { recursive: true });
await cp(join(folder, "run/config.json"), join(target, "config.json"));
await cp(join(folder, "run/checkpoints/step-000010"), join(target, "checkpoints/step-000010"), { recursive: true });
await writeFile(join(target, "later.json"), `${JSON.stringify(later, null, 1)}\n`);
await rm(folder, { recursive: true });
