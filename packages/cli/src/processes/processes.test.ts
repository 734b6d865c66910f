import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { decodeSafetensors } from "@gantry/formats";
import { distributed } from "@gantry/torch";
import { gantry, QUICK, start, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const skip = !distributed.hasGroups()
  ? "this build has no process groups: gloo's headers were not there"
  : process.platform !== "linux" && "who is whose child is asked of /proc";
const FEW = [...QUICK, "--set", "intervals.checkpoint=10"];

const checkpoint = (run: string, step: string) => join(cwd, run, "checkpoints", step);
const state = (run: string, step: string) =>
  JSON.parse(readFileSync(join(checkpoint(run, step), "state.json"), "utf8")) as Record<string, unknown>;
const weights = (run: string, step: string) =>
  [
    ...decodeSafetensors(
      readFileSync(join(checkpoint(run, step), "generator.safetensors")),
      run,
    ).arrays.values(),
  ].flatMap(({ data }) => [...new Float32Array(new Uint8Array(data).buffer)]);

test("two processes train what one does, on the same data, and one goes on where two stopped", {
  skip,
}, async () => {
  const [alone, two] = await Promise.all([
    gantry(["train", "gan", ...FEW, "--steps", "20", "--out", "alone"], { cwd }),
    gantry(["train", "gan", ...FEW, "--steps", "20", "--out", "two", "--processes", "2", "--profile"], {
      cwd,
    }),
  ]);
  for (const { status, stderr } of [alone, two]) assert.equal(status, 0, stderr);
  assert.match(two.stderr, /^2 processes, 64 points each\.$/m);
  assert.match(two.stdout, /^sums over processes +[\d.]+ +[\d.]+ +[\d.]+ %$/m);
  assert.match(two.stdout, /^[\d.]+ [kM]B are added up in an iteration's [\d.]+ messages$/m);
  const [one, other] = [state("alone", "step-000020"), state("two", "step-000020")];
  assert.deepEqual([other.imagesSeen, other.loader, other.random], [one.imagesSeen, one.loader, one.random]);
  const found = weights("two", "step-000020");
  weights("alone", "step-000020").forEach((weight, i) => {
    assert.ok(Math.abs(weight - (found[i] as number)) < 1e-5, `${i}: ${weight}, ${found[i]}`);
  });
  const dry = await gantry(["train", "gan", ...FEW, "--processes", "2", "--dry-run"], { cwd });
  assert.match(dry.stdout, /^ *processes +2 processes, 64 points each \(--processes\)$/m);
});

test("a process that is killed ends all with one line, and any number of others goes on", {
  skip,
}, async () => {
  const { child, finished } = start(
    ["train", "gan", ...FEW, "--steps", "1000000", "--out", "killed", "--processes", "2"],
    { cwd },
  );
  while (child.exitCode === null && !existsSync(checkpoint("killed", "step-000010"))) await setTimeout(50);
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ");
  assert.equal(children.length, 2);
  const killed = performance.now();
  process.kill(Number(children[1]), "SIGKILL");
  const { status, stderr } = await finished;
  assert.ok(performance.now() - killed < 30_000);
  assert.equal(status, 1);
  assert.deepEqual(stderr.match(/^gantry: .*$/gm), [
    "gantry: rank 1 was ended by SIGKILL; the other process was stopped, and 'gantry resume' goes on from the last checkpoint",
  ]);
  const more = start(["resume", "killed", "--processes", "4"], {
    cwd,
    onProgress: (text, kill) => (/^iteration \d+ of/m.test(text) ? kill("SIGTERM") : undefined),
  });
  const resumed = await more.finished;
  assert.equal(resumed.status, 143, resumed.stderr);
  assert.match(resumed.stderr, /^4 processes, 32 points each\.$/m);
  assert.doesNotMatch(resumed.stderr, /^gantry: /m);
});

test("what cannot be shared is refused by one line", { skip }, async () => {
  const { status, stdout, stderr } = await gantry(["train", "gan", ...FEW, "--processes", "3"], { cwd });
  assert.deepEqual([status, stdout], [2, ""]);
  assert.deepEqual(stderr.match(/^gantry: .*$/gm), [
    "gantry: 3 processes do not divide a batch of 128 into equal parts; give --batch 129",
  ]);
});
