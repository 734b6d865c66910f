import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

interface Plan {
  readonly run: string;
  readonly expected: Record<string, number>;
  readonly config: {
    readonly steps: number;
    readonly seed: number;
    readonly optimizers: Record<string, { readonly learningRate: unknown }>;
    readonly terms: Record<string, unknown>;
  };
}

async function plan(...words: string[]): Promise<Plan> {
  const { stdout } = await succeed(["train", ...words, "--dry-run", "--json"], { cwd });
  const [value, ...more] = parseLines(stdout);
  assert.deepEqual(more, [], "one object");
  return value as unknown as Plan;
}

test("--lr, --epochs, --kimg and --seed, as people type them", async () => {
  // 2,000 points in batches of 128, one step of D an iteration.
  const { config } = await plan("gan", ...QUICK, "--lr", "3e-4", "--epochs", "4", "--seed", "5");
  assert.equal(config.steps, Math.round((4 * 2000) / 128));
  assert.equal(config.seed, 5);
  // The preset's decay stays.
  const decayed = { from: 3e-4, to: 0, over: { training: 1 }, shape: "linear" };
  assert.deepEqual(config.optimizers.default?.learningRate, decayed);
  assert.equal((await plan("gan", ...QUICK, "--kimg", "6.4")).config.steps, 50);
  const twice = await plan("gan", ...QUICK, "--kimg", "6.4", "--set", "schedule.discriminatorSteps=2");
  assert.equal(twice.config.steps, 25, "D sees twice as much an iteration");
  const train = ["train", "gan", ...QUICK];
  await refuse(
    [...train, "--epochs", "2", "--steps", "3"],
    2,
    /--steps and --epochs say the same twice; give one/,
  );
  await refuse([...train, "--kimg", "some"], 2, /--kimg some: a number above 0 is needed/);
  await refuse([...train, "--lr", "fast"], 2, /learningRate/);
  await refuse([...train, "--size", "64"], 2, /unknown option 'size'/);
});

test("--lr is every player's, those with a rate of their own too", async () => {
  const set = ["--set", "optimizers.generator.learningRate=1e-3"];
  const other = ["--set", "optimizers.default.learningRate=1e-3"];
  await refuse(["train", "gan", ...QUICK, ...other, "--lr", "1e-4"], 2, /default\.learningRate is set twice/);
  const { config } = await plan("gan", ...QUICK, ...set);
  await writeFile(join(cwd, "own-rates.json"), JSON.stringify(config));
  const { optimizers } = (await plan("--config", "own-rates.json", "--lr", "1e-4")).config;
  assert.deepEqual([optimizers.default?.learningRate, optimizers.generator?.learningRate], [1e-4, 1e-4]);
});

test("a run is called by its composition, and begins again by its config.json", async () => {
  const terms = ["--with", "r1:gamma=1", "--with", "hinge"];
  await succeed(["train", "gan", ...QUICK, "--steps", "2", "--seed", "3", ...terms], { cwd });
  const run = "runs/gan+r1+hinge-ring-3";
  assert.ok(existsSync(join(cwd, run, "config.json")));
  const { config } = JSON.parse(await readFile(join(cwd, run, "config.json"), "utf8")) as Plan;
  const again = await plan("--config", join(run, "config.json"));
  assert.deepEqual(again.config, config);
  const other = await plan("--config", join(run, "config.json"), "--without", "r1", "--seed", "4");
  assert.equal(other.run, "runs/gan-no-r1-ring-4");
  assert.deepEqual(Object.keys(other.config.terms), ["hinge"]);
});

test("--config takes what --dry-run --json and recipes show print, and refuses what is none", async () => {
  const made = await plan("gan", ...QUICK, "--steps", "7");
  await writeFile(join(cwd, "plan.json"), JSON.stringify(made));
  assert.deepEqual((await plan("--config", "plan.json")).config, made.config);
  const { stdout } = await succeed(["recipes", "show", "gan", "--preset", "small"]);
  await writeFile(join(cwd, "shown.json"), stdout);
  assert.equal((await plan("gan", "--config", "shown.json")).config.steps, 3000);
  await writeFile(join(cwd, "none.json"), "[1, 2]");
  const refused = (words: string[], message: RegExp) => refuse(["train", ...words], 2, message, { cwd });
  await refused(
    ["--config", "none.json"],
    /none\.json: it holds no configuration; give a run's config\.json/,
  );
  await refused(["--config", "gone.json"], /gone\.json: there is no such file/);
  await refused(["pacgan", "--config", "plan.json"], /is of the recipe gan, not pacgan/);
  await refused(["--config", "plan.json", "--preset", "small"], /leave --preset out/);
});

test("--dry-run tells time, memory and disk, and what they are told from", async () => {
  const { expected, config } = await plan("gan", ...QUICK);
  const { iterationSeconds = 0, seconds, memory = 0, checkpoint = 0, disk } = expected;
  assert.ok(iterationSeconds > 0 && seconds === iterationSeconds * config.steps);
  // G: 2-128-128-2, D: 2-128-1; Adam keeps two moments of each; each number 4 bytes.
  const parameters = 2 * 128 + 128 + (128 * 128 + 128) + (128 * 2 + 2) + (2 * 128 + 128) + (128 + 1);
  assert.ok(
    checkpoint >= 12 * parameters && checkpoint < 12.1 * parameters + 1000,
    `${checkpoint} bytes of ${parameters} parameters`,
  );
  assert.equal(disk, 3 * checkpoint);
  assert.ok(memory > 5e7 && memory < 1e11);
  const { stdout } = await succeed(["train", "gan", ...QUICK, "--dry-run"], { cwd });
  assert.match(stdout, /^ {2}time .*: one iteration, measured now, took [\d.]+ ms$/m);
  assert.match(stdout, /^ {2}disk .*: 2 checkpoints of /m);
});

test("a fork takes them too", async () => {
  await succeed(["train", "gan", ...QUICK, "--steps", "4", "--out", "first"], { cwd });
  await succeed(["fork", "first", "--kimg", "1", "--lr", "1e-5", "--out", "second"], { cwd });
  const { config } = JSON.parse(await readFile(join(cwd, "second/config.json"), "utf8")) as Plan;
  assert.deepEqual([config.steps, config.optimizers.default?.learningRate], [8, 1e-5]);
});
