import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { FuzzFilesReport } from "./fuzzFiles.js";

const child = fileURLToPath(new URL("./fuzzFiles.js", import.meta.url));
const FILES = 1500;

// `npm run fuzz` damages a hundred thousand.
test(`${FILES} damaged files and run folders are read or refused in one line`, () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [child, "2", String(FILES)], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    timeout: 180_000,
  });
  assert.equal(signal ?? status, 0, stderr.slice(-2000));
  const report = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as FuzzFilesReport;
  assert.equal(report.files, FILES);
  assert.deepEqual(report.others, [], "failures that people are not told in one line");
  assert.equal(report.read + report.refused, FILES);
  // Were nearly all refused at the door, little behind it would have been tried.
  assert.ok(report.read > 0.05 * FILES, `only ${report.read} were read`);
  assert.ok(report.memory < 1024, `${report.memory} MiB`);
});
