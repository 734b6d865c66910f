import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { FuzzReport } from "./testing/fuzz.js";

const child = fileURLToPath(new URL("./testing/fuzz.js", import.meta.url));
const CALLS = 10_000;

/** More seeds: `FUZZ_SEEDS=2,3,4 npm test -- fuzz`. */
const seeds = (process.env.FUZZ_SEEDS ?? "1").split(",").map(Number);

for (const seed of seeds) {
  test(`${CALLS} calls of every operator with any arguments leave the process alive (seed ${seed})`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "gantry-fuzz-"));
    const log = join(folder, "call");
    try {
      const { code, signal, out, errors } = await run([child, String(seed), String(CALLS), log]);
      const replay = `node ${child} ${seed} ${CALLS} /dev/null ${readFileSync(log, "utf8").trim()}`;
      assert.equal(signal ?? code, 0, `died in a call; again alone: ${replay}\n${errors}`);
      const report = JSON.parse(out.trim().split("\n").at(-1) ?? "") as FuzzReport;
      assert.equal(report.calls, CALLS);
      assert.deepEqual(report.others, [], "failures that are neither a TorchError nor a TypeError");
      assert.deepEqual(report.neverSucceeded, [], "operators whose good arguments are not good");
      // Were most calls refused at the door, the kernels would not have been tried.
      assert.ok(report.succeeded > 0.35 * CALLS, `only ${report.succeeded} calls succeeded`);
      assert.ok(report.torchErrors > 0.35 * CALLS, `only ${report.torchErrors} calls were refused`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  errors: string;
}

function run(args: string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, args, {
      env: { ...process.env, OMP_NUM_THREADS: "1" },
      timeout: 180_000,
    });
    let out = "";
    let errors = "";
    started.stdout.on("data", (chunk) => {
      out += chunk;
    });
    started.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    started.on("error", reject);
    started.on("close", (code, signal) => resolve({ code, signal, out, errors: errors.slice(-4000) }));
  });
}
