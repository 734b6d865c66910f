// Runs that older versions of Gantry made: they still open and go on.
import assert from "node:assert/strict";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { setThreads } from "@gantry/torch";
import { listCheckpoints, readCheckpointFile } from "../core/run/checkpoints.js";
import { RunDirectory, standing } from "../core/run/directory.js";
import { Sampler } from "../core/sample/sampler.js";
import { finish, temporaryFolder } from "../testing/runs.js";
import { resumeRun } from "./train.js";

setThreads(1);
const folder = await temporaryFolder();
// Killed by `kill -9` after its checkpoint of iteration 10 of 600. No lock, and a heartbeat of a process long gone.
const kept = fileURLToPath(new URL("../../golden/versions/run-0.1.0", import.meta.url));

test("a run of 0.1.0 that was killed goes on from its checkpoint", async () => {
  const path = join(folder, "run");
  await cp(kept, path, { recursive: true });
  const sampler = await Sampler.open(path);
  assert.equal(sampler.iteration, 10);
  sampler.close();
  const before = await readCheckpointFile(join(path, "checkpoints/step-000010"), "generator.safetensors");
  const run = await resumeRun(path);
  assert.equal(run.trainer.iteration, 10);
  const loaded = run.trainer.game.network("generator").stateDict();
  for (const [name, { data }] of before ?? [])
    assert.deepEqual(Buffer.from(loaded.get(name)?.toBytes() ?? []), Buffer.from(data), name);
  const control = new AbortController();
  const reports = await finish(run, {
    signal: control.signal,
    until: ({ iteration }) => {
      if (iteration === 21) control.abort();
      return false;
    },
  });
  assert.deepEqual([reports.at(0)?.iteration, reports.at(-1)?.iteration], [11, 21]);
  assert.deepEqual(await listCheckpoints(join(path, "checkpoints")), [21]);
  const opened = await RunDirectory.open(path);
  assert.equal(await opened.status(), "stopped");
  const logged = standing(await opened.readEvents()).filter(({ imagesSeen }) => imagesSeen !== undefined);
  assert.deepEqual(
    logged.map(({ iteration }) => iteration),
    [1, 5, 10, 15, 20],
  );
  assert.match(await readFile(join(path, "config.json"), "utf8"), /"gantry": "0\.1\.0"/);
});
