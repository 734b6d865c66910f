// What cases/sngan-memory.mjs measures in a process of its own: three iterations of SNGAN; prints the peak of its resident bytes.
import { readFile } from "node:fs/promises";
import { startTraining } from "./training.mjs";

/** Linux's maxRSS is at least what the parent had resident when it forked; this one is the process's own. */
async function peak() {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const own = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return 1024 * (own === undefined ? process.resourceUsage().maxRSS : Number(own));
}

const training = await startTraining({
  recipe: "sngan",
  preset: "public",
  settings: ["batch=64", `threads=${process.argv[2]}`],
  shape: [3, 32, 32],
});
await training.run(3);
console.log(await peak());
await training.close();
