// `gantry runs` and `gantry watch` on runs that are made for it.
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { gantry, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const inside = { cwd };

before(async () => {
  for (const name of ["runs/one", "runs/sweep-a/two"])
    await succeed(["train", "gan", ...QUICK, "--steps", "2", "--out", name], inside);
  const finding = { event: "finding", iteration: 2, name: "collapse", began: 1 };
  appendFileSync(join(cwd, "runs/one/events.jsonl"), `${JSON.stringify(finding)}\n`);
  const file = join(cwd, "runs/sweep-a/two/heartbeat.json");
  const beat = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...beat, state: "running", pid: 99_999_999, iteration: 1 }));
  mkdirSync(join(cwd, "empty"));
});

test("every run, what it does, how far it is and what was found; what needs a look first", async () => {
  const { stdout } = await succeed(["runs"], inside);
  const [head, first, second, sum] = stdout.split("\n");
  assert.match(head ?? "", /^run +state +iteration +seen +score +findings$/);
  assert.match(first ?? "", /^runs\/sweep-a\/two +stalled +2 of 2 \(100 %\) +\S.* modes \d$/);
  assert.match(second ?? "", /^runs\/one +finished +2 of 2 \(100 %\) +\S.* modes \d +collapse at 1$/);
  assert.equal(sum, "2 runs: 1 stalled, 1 finished");
  const { runs } = JSON.parse((await succeed(["runs", "runs/one", "--json"], inside)).stdout);
  assert.deepEqual(
    [runs.length, runs[0].path, runs[0].state, runs[0].findings],
    [1, "runs/one", "finished", [{ name: "collapse", iteration: 1 }]],
  );
  assert.equal((await succeed(["runs", "empty"], inside)).stdout, "empty: no runs\n");
  await refuse(["runs", "nowhere"], 2, /there is no folder nowhere/, inside);
  await refuse(["runs"], 2, /there is no folder runs here, so no runs yet/, { cwd: join(cwd, "empty") });
});

test("watch in a pipe: a line for each run, until it is stopped; no engine", async () => {
  const data = "data:text/javascript,";
  const hooks = `${data}${encodeURIComponent('export async function load(url, context, next) { process._rawDebug("loads " + url); return next(url, context); }')}`;
  const tell = `${data}${encodeURIComponent(`import { register } from "node:module"; register(${JSON.stringify(hooks)});`)}`;
  const { status, stdout, stderr } = await gantry(["watch"], {
    cwd,
    environment: { NODE_OPTIONS: `--import ${tell}` },
    onProgress: (text, kill) => {
      if (/runs\/one {2}finished/.test(text)) kill("SIGINT");
    },
  });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^runs\/sweep-a\/two {2}stalled {2}iteration 2 of 2 \(100 %\) {2}modes \d\n/);
  assert.match(stdout, /\nruns\/one {2}finished {2}.* {2}collapse at 1\n$/);
  const engine = stderr.split("\n").filter((line) => /\/packages\/torch\/|node_modules\/sharp/.test(line));
  assert.deepEqual(engine, []);
});
