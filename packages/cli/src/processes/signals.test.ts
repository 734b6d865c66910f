// Signals to the real command: what each of them leaves on the disk.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseLines, program, QUICK, start, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const root = fileURLToPath(new URL("../../../..", import.meta.url));
const train = (out: string) => [
  ...["train", "gan", ...QUICK, "--steps", "100000000", "--set", "intervals.log=1", "--out", join(cwd, out)],
  ...["--set", "intervals.sample=1000000", "--set", "intervals.checkpoint=1000000"],
];

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  for (const began = performance.now(); !(await holds()); await setTimeout(20))
    if (performance.now() - began > 300_000) throw new Error(`${what} did not come about`);
}

const lines = async (run: string) =>
  (await readFile(join(cwd, run, "events.jsonl"), "utf8").catch(() => "")).split("\n").slice(0, -1);
const logged = async (run: string) => {
  const text = await lines(run);
  return Number((JSON.parse(text.at(-1) ?? "{}") as { iteration?: number }).iteration ?? 0);
};
const isTraining = (run: string) => until("an iteration", async () => (await logged(run)) > 2);
const saved = async (run: string) =>
  (await readdir(join(cwd, run, "checkpoints"))).map((name) => Number(name.slice("step-".length))).at(-1);

describe("signals", () => {
  for (const [name, status] of [
    ["SIGHUP", 129],
    ["SIGUSR2", 140],
  ] as const)
    test(`${name}, twice to the whole group: saves all, and ends`, async () => {
      const run = `twice-${name}`;
      const { child, finished } = start(train(run), { cwd, environment: { _: "" } }, true);
      await isTraining(run);
      process.kill(-(child.pid ?? 0), name);
      await setTimeout(5);
      process.kill(-(child.pid ?? 0), name);
      const ended = await finished;
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stdout, /^Stopped after/m);
      assert.equal(await saved(run), await logged(run));
    });

  test("SIGUSR1 saves and goes on, and opens no debugger", async () => {
    const { child, finished } = start([...train("warned"), "--json"], { cwd });
    await isTraining("warned");
    child.kill("SIGUSR1");
    await until("a checkpoint", async () => (await saved("warned")) !== undefined);
    const at = await logged("warned");
    await until("more iterations", async () => (await logged("warned")) > at);
    child.kill("SIGTERM");
    const { status, stdout, stderr } = await finished;
    assert.equal(status, 143);
    assert.doesNotMatch(stderr, /Debugger/);
    const notes = parseLines(stdout).filter(({ event }) => event === "note");
    assert.ok(notes.some(({ message }) => /^SIGUSR1: writing a checkpoint/.test(String(message))));
  });

  test("under nohup, a hangup stops nothing", async (t) => {
    if (!existsSync("/usr/bin/nohup")) return t.skip("there is no nohup");
    const log = openSync(join(cwd, "log"), "w");
    const child = spawn("nohup", [process.execPath, program, ...train("nohup")], {
      cwd,
      env: { ...process.env, OMP_NUM_THREADS: "1", _: "" },
      stdio: ["ignore", log, log],
    });
    const ended = new Promise((resolve) => child.on("close", resolve));
    await isTraining("nohup");
    child.kill("SIGHUP");
    await until("a checkpoint", async () => (await saved("nohup")) !== undefined);
    const at = await logged("nohup");
    await until("more iterations", async () => (await logged("nohup")) > at);
    child.kill("SIGTERM");
    assert.equal(await ended, 143);
    assert.equal(await saved("nohup"), await logged("nohup"));
  });

  test("who ends npx, ends the training it started, which saves", async (t) => {
    if (spawnSync("npx", ["--version"]).error !== undefined) return t.skip("there is no npx");
    if (!existsSync("/proc/self/stat")) return t.skip("looks for processes in /proc");
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      const run = `npx-${signal}`;
      const child = spawn("npx", ["gantry", ...train(run)], {
        cwd: root,
        env: { ...process.env, OMP_NUM_THREADS: "1", _: "" },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout.resume();
      child.stderr.resume();
      await isTraining(run);
      child.kill(signal);
      const state = async () =>
        (JSON.parse(await readFile(join(cwd, run, "heartbeat.json"), "utf8")) as { state: string }).state;
      await until("its end", async () => (await state()) === "stopped");
      assert.equal(await saved(run), await logged(run));
    }
  });

  test("a training that was stopped so can be resumed, and stopped again before it does anything", async () => {
    const { child, finished } = start(["resume", join(cwd, "nohup")], { cwd });
    await setTimeout(300);
    child.kill("SIGTERM");
    await finished;
    const args = ["sample", join(cwd, "nohup"), "--count", "2", "--out", "x.npy"];
    await succeed(args, { cwd });
  });
});
