import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseLines, QUICK, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

test("every flag of a training is the setting that it stands for", async () => {
  const flags = {
    "--data": ["grid", "data.name", "grid"],
    "--steps": ["3", "steps", 3],
    "--batch": ["17", "batch", 17],
    "--seed": ["5", "seed", 5],
    "--device": ["cpu", "device", "cpu"],
    "--precision": ["bfloat16", "precision", "bfloat16"],
    "--threads": ["2", "threads", 2],
    "--eval-every": ["2", "evaluation.every", 2],
    "--metrics": ["points:threshold=2", "evaluation.metrics", "points:threshold=2"],
    "--eval-samples": ["50", "evaluation.samples", 50],
    "--best": ["high-quality", "evaluation.best", "high-quality"],
    "--set": ["schedule.generatorSteps=2", "schedule.generatorSteps", 2],
    "--with": ["r1:gamma=3", "terms.r1.gamma", 3],
  } as const;
  const given = Object.entries(flags).flatMap(([flag, [value]]) => [flag, value]);
  const { stdout } = await succeed(["train", "gan", "--preset", "small", "--dry-run", "--json", ...given], {
    cwd,
  });
  const plan = parseLines(stdout).find(({ event }) => event === "plan");
  for (const [flag, [, path, expected]] of Object.entries(flags)) {
    const found = path
      .split(".")
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], plan?.config);
    assert.deepEqual(found, expected, flag);
  }
});

test("a training by the command runs with the threads and the precision of its flags", async () => {
  const flags = ["--threads", "2", "--precision", "bfloat16", "--steps", "2", "--out", "run"];
  const { stdout } = await succeed(["train", "gan", ...QUICK, "--json", ...flags], { cwd });
  const start = parseLines(stdout).find(({ threads }) => threads !== undefined);
  assert.deepEqual([start?.threads, start?.precision], [2, "bfloat16"]);
  const { config } = JSON.parse(await readFile(join(cwd, "run", "config.json"), "utf8")) as {
    config: { threads: number; precision: string };
  };
  assert.deepEqual([config.threads, config.precision], [2, "bfloat16"]);
});
