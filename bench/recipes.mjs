// `node bench/recipes.mjs [NAME...]`: how long every recipe's preset `small` takes here, and its peak memory, as the table of
// packages/gan/src/core/recipes/measured.ts: some iterations of each, in a process of its own, times the preset's number of them.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { recipes } from "@gantry/gan";
import { processor } from "./processor.mjs";
import { startTraining } from "./training.mjs";

/** Seconds that a recipe is timed for. */
const SECONDS = 3;

async function measure(recipe) {
  const { trainer, run, close } = await startTraining({ recipe, preset: "small", keepSteps: true });
  const { steps } = trainer.config;
  await run(1);
  let [seconds, iterations] = [0, 0];
  while (seconds < SECONDS) {
    seconds += await run(1);
    iterations++;
  }
  const peak = process.resourceUsage().maxRSS / 1024;
  await close();
  return { minutes: ((seconds / iterations) * steps) / 60, peak };
}

const [, , flag, ...rest] = process.argv;
if (flag === "--one") {
  console.log(JSON.stringify(await measure(rest[0])));
} else {
  const wanted = [flag, ...rest].filter((name) => name !== undefined);
  const names = wanted.length > 0 ? wanted : [...(await recipes.all()).keys()];
  console.log(`${processor}\n`);
  for (const name of names) {
    const args = [fileURLToPath(import.meta.url), "--one", name];
    try {
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { minutes, peak } = JSON.parse(stdout);
      const key = /^\w+$/.test(name) ? name : `"${name}"`;
      const memory = Number((peak / 1024).toFixed(1));
      console.log(`  ${key}: { minutes: ${minutes < 1 ? 0 : Math.round(minutes)}, memory: ${memory} },`);
    } catch (error) {
      console.log(
        `  // ${name}: not measured: ${String(error.stderr ?? error)
          .trim()
          .split("\n")
          .at(-1)}`,
      );
    }
  }
}
