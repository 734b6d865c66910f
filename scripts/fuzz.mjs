// `npm run fuzz [-- COUNT [SEED]]`: COUNT (100,000) hostile calls of native operators and as many damaged files and run
// folders, each in a process of its own. A crash is counted, and the next process goes on behind it. The last result of
// the full count is kept in fuzz.json.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runScript, Stop, script } from "./shared.mjs";

const FULL = 100_000;
/** What either process may ever have, in MiB. */
const MEMORY = 2048;

const kinds = [
  {
    name: "native calls",
    child: "packages/torch/dist/src/testing/fuzz.js",
    /** Goes on from a number. */
    from: (number) => `${number}-`,
  },
  { name: "damaged files", child: "packages/gan/dist/testing/fuzzFiles.js", from: String },
];

script(() => {
  const [count = FULL, seed = 1] = process.argv.slice(2).map(Number);
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(seed)))
    throw new Stop("usage: npm run fuzz [-- COUNT [SEED]]", 2);
  runScript("build.mjs");
  const results = kinds.map((kind) => fuzz(kind, count, seed));
  for (const { name, done, crashes, others, memory } of results)
    console.log(
      `${name}: ${done} done, ${crashes.length} crashes, ${others.length} failures of other kinds, at most ${memory} MiB`,
    );
  const bad = results.filter(
    ({ crashes, others, memory }) => crashes.length + others.length > 0 || memory > MEMORY,
  );
  for (const { crashes, others } of bad) for (const line of [...crashes, ...others]) console.error(line);
  if (count >= FULL)
    writeFileSync(
      join(root, "fuzz.json"),
      `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), node: process.version, seed, results }, null, 2)}\n`,
    );
  if (bad.length > 0) throw new Stop(`fuzzing found something; memory may be ${MEMORY} MiB`);
});

/** Runs one kind to its end, over crashes. */
function fuzz({ name, child, from }, count, seed) {
  const folder = mkdtempSync(join(tmpdir(), "gantry-fuzz-"));
  const log = join(folder, "number");
  const result = { name, done: 0, succeeded: 0, refused: 0, crashes: [], others: [], memory: 0 };
  try {
    for (let first = 0; first < count; ) {
      const { status, signal, stdout, stderr } = spawnSync(
        process.execPath,
        [join(root, child), String(seed), String(count), log, from(first)],
        {
          encoding: "utf8",
          maxBuffer: 1 << 28,
          env: { ...process.env, OMP_NUM_THREADS: "1", UV_THREADPOOL_SIZE: "8" },
        },
      );
      const report = status === 0 ? JSON.parse(stdout.trim().split("\n").at(-1)) : undefined;
      if (report === undefined) {
        // Several files are in work at once: the one begun last, or one of the few before it.
        const number = Number(readFileSync(log, "utf8").trim() || first);
        result.crashes.push(`${name} ${number} of seed ${seed}: ${signal ?? status} ${stderr.slice(-300)}`);
        result.done += number + 1 - first;
        first = number + 1;
        if (result.crashes.length >= 20) break;
        continue;
      }
      result.done += report.calls ?? report.files;
      result.succeeded += report.succeeded ?? report.read;
      result.refused += report.refused ?? report.torchErrors + report.typeErrors;
      result.others.push(...report.others);
      result.memory = Math.max(result.memory, report.memory);
      break;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return result;
}
