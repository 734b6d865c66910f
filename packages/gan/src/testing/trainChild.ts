// A training in a process of its own, for tests that kill it: node trainChild.js RUN CONFIG.json
// Begins the run, or goes on with it, and says `ready`, then `begun` and each iteration, then `done`, a line each.
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../core/config/schema.js";
import { resumeRun, startRun } from "../train/train.js";

const [path = "", configFile = ""] = process.argv.slice(2);
process.stdout.write("ready\n");
const exists = await stat(join(path, "config.json")).catch(() => undefined);
const run =
  exists === undefined
    ? await startRun(JSON.parse(await readFile(configFile, "utf8")) as Config, path)
    : await resumeRun(path);
let begun = false;
for await (const { iteration } of run.reports({
  onWarning: (message) => process.stderr.write(`${message}\n`),
})) {
  if (!begun) process.stdout.write("begun\n");
  begun = true;
  process.stdout.write(`${iteration}\n`);
}
await run.trainer.close();
process.stdout.write("done\n");
