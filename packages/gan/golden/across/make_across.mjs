// Makes the runs that across.test.ts goes on with, by the LibTorch that this checkout is built against. Run it once for each:
//   LIBTORCH=... npm run build && node packages/gan/golden/across/make_across.mjs
// It keeps a run as it was after 10 of 20 iterations, and what the other 10 were then, in golden/across/libtorch-VERSION.
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolveConfig, startRun } from "@gantry/gan";
import { version } from "@gantry/torch";

const config = await resolveConfig({
  recipe: "gan",
  with: [{ name: "instance-noise", options: {} }],
  settings: [
    {
      data: { count: 200 },
      // Networks wide enough that LibTorch draws by its vectorized generator, too.
      net: { generatorHidden: [24], discriminatorHidden: [24], initialization: "default" },
      batch: 32,
      samples: 4,
      steps: 20,
      threads: 1,
      seed: 3,
      average: { decay: 0.8, start: 2 },
      schedule: { decay: "linear" },
      intervals: { log: 1, sample: 20, checkpoint: 10 },
    },
  ],
});
const folder = await mkdtemp(join(tmpdir(), "gantry-across-"));
const run = await startRun(config, join(folder, "run"));
const later = {};
for await (const { iteration, scalars } of run.reports()) if (iteration > 10) later[iteration] = scalars;
await run.trainer.close();
const target = fileURLToPath(
  new URL(`libtorch-${version().split(".").slice(0, 2).join(".")}`, import.meta.url),
);
await rm(target, { recursive: true, force: true });
await mkdir(join(target, "checkpoints"), { recursive: true });
await cp(join(folder, "run/config.json"), join(target, "config.json"));
await cp(join(folder, "run/checkpoints/step-000010"), join(target, "checkpoints/step-000010"), { recursive: true });
await writeFile(join(target, "later.json"), `${JSON.stringify(later, null, 1)}\n`);
await rm(folder, { recursive: true });
