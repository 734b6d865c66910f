import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { goldenUrl } from "../../testing/golden.js";
import { temporaryFolder } from "../../testing/runs.js";
import { overviewOf, runsUnder } from "./overview.js";

const folder = await temporaryFolder();
const NOW = Date.parse("2026-11-30T12:00:00.000Z");

/** A run as its files tell it. */
async function write(
  name: string,
  beat: object | undefined,
  events: readonly object[] = [],
): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  const config = { recipe: "dcgan", steps: 300, data: { path: "/home/somebody/photos" } };
  await writeFile(join(path, "config.json"), JSON.stringify({ gantry: "0.1.0", config }));
  if (beat !== undefined)
    await writeFile(
      join(path, "heartbeat.json"),
      JSON.stringify({ pid: process.pid, host: hostname(), iteration: 120, ...beat }),
    );
  if (events.length > 0)
    await writeFile(join(path, "events.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return path;
}
const ago = (seconds: number) => new Date(NOW - 1000 * seconds).toISOString();

test("what runs do: by their last sign of life, and by whether their writer is there", async () => {
  const states: Record<string, object | undefined> = {
    new: undefined,
    running: { state: "running", time: ago(1) },
    "stalled-alive": { state: "running", time: ago(200) },
    "stalled-gone": { state: "running", time: ago(1), pid: 99_999_999 },
    "stalled-elsewhere": { state: "running", time: ago(90), host: "another" },
    finished: { state: "done", time: ago(9000) },
    stopped: { state: "stopped", time: ago(9000) },
    failed: { state: "failed", time: ago(9000) },
  };
  for (const [name, beat] of Object.entries(states)) {
    const seen = await overviewOf(await write(`states/${name}`, beat), NOW);
    assert.equal(seen?.state, name.split("-")[0], name);
    assert.deepEqual([seen?.iteration, seen?.steps], [beat === undefined ? 0 : 120, 300]);
    assert.deepEqual([seen?.recipe, seen?.data], ["dcgan", "photos"]);
  }
  assert.equal((await runsUnder(folder)).length, Object.keys(states).length);
});

test("the last score and findings, without those of a future that was given up", async () => {
  const evaluation = (iteration: number, value: number) => ({
    event: "evaluation",
    iteration,
    report: {
      scores: [{ name: "fid[cifar10-cnn]", better: "lower", value, samples: {}, conventions: {} }],
      subject: { details: { iteration } },
    },
  });
  const path = await write("told", { state: "stopped", time: ago(60) }, [
    { iteration: 10, "discriminator/hinge": 1 },
    evaluation(100, 42),
    { event: "finding", iteration: 60, name: "saturated", began: 40, value: 1, threshold: 2 },
    { event: "finding", iteration: 200, name: "collapse", began: 180 },
    evaluation(200, 90),
    { event: "resume", iteration: 100 },
    { event: "finding", iteration: 110, name: "oscillation" },
  ]);
  const seen = await overviewOf(path, NOW);
  assert.deepEqual(seen?.score, { name: "fid[cifar10-cnn]", value: 42, iteration: 100 });
  assert.deepEqual(seen?.findings, [
    { name: "saturated", iteration: 40 },
    { name: "oscillation", iteration: 110 },
  ]);
  const points = await write("points", undefined, [
    { iteration: 1, "points/modes": 2 },
    { iteration: 9, "points/modes": 7, "points/high-quality": 0.5 },
  ]);
  assert.deepEqual((await overviewOf(points, NOW))?.score, { name: "modes", value: 7, iteration: 9 });
});

test("what is no run, and what cannot be read, is none; a run of version 0.1.0 is one, which was killed", async () => {
  assert.equal(await overviewOf(join(folder, "nothing")), undefined);
  const broken = await write("broken", undefined);
  await writeFile(join(broken, "config.json"), "{");
  assert.equal(await overviewOf(broken), undefined);
  const old = await overviewOf(fileURLToPath(goldenUrl("versions/run-0.1.0")));
  assert.deepEqual([old?.state, old?.iteration, old?.recipe, old?.data], ["stalled", 10, "gan", "ring"]);
});
