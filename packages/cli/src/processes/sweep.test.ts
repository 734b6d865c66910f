// Sweeps by the real command, on rings of Gaussians and for few iterations.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { gantry, parseLines, QUICK, refuse, start, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const ring = [...QUICK, "--set", "intervals.log=5"];

const lastIteration = async (run: string): Promise<number> => {
  const text = await readFile(join(cwd, run, "events.jsonl"), "utf8").catch(() => "");
  const iterations = text.split("\n").flatMap((line) => /"iteration":(\d+)/.exec(line)?.[1] ?? []);
  return Math.max(0, ...iterations.map(Number));
};

/** What a run's losses were, without its clock. */
const lossesOf = async (run: string): Promise<string[]> =>
  (await readFile(join(cwd, run, "events.jsonl"), "utf8"))
    .split("\n")
    .filter((line) => line.includes("discriminator/"))
    .map((line) => line.replace(/"seconds":[^,]+,/, ""));

describe("gantry sweep", () => {
  test("trains, names what failed, compares; called again it skips what is done; other settings are refused", async () => {
    // The second value is no batch that packs of two can be made of: found out by the training alone.
    const args = [
      "sweep",
      "gan",
      ...ring,
      "--steps",
      "20",
      "--with",
      "packing",
      "--set",
      "batch=16,15",
      "--seeds",
      "2",
    ];
    const first = await gantry([...args, "--jobs", "2"], { cwd });
    assert.equal(first.status, 1, first.stderr);
    assert.match(first.stdout, /^gan +0,1 +20 /m);
    assert.match(first.stdout, /^2 of 4 cells failed; .*\n {2}batch=15-seed=0: .*\n {2}batch=15-seed=1: /m);
    assert.match(first.stderr, /^4\/4 /m);
    const folder = "runs/sweep-gan";
    const before = await lossesOf(`${folder}/batch=16-seed=0`);
    assert.notDeepEqual(before, await lossesOf(`${folder}/batch=16-seed=1`));
    assert.deepEqual(
      (await readdir(join(cwd, folder))).filter((name) => name.includes("15")),
      [],
    );

    const again = await gantry([...args, "--json"], { cwd });
    const lines = parseLines(again.stdout);
    const ends = lines.filter(({ event }) => event === "cell").map(({ name, state }) => `${name} ${state}`);
    assert.deepEqual(ends.sort(), [
      "batch=15-seed=0 failed",
      "batch=15-seed=1 failed",
      "batch=16-seed=0 kept",
      "batch=16-seed=1 kept",
    ]);
    const last = lines.at(-1) as unknown as {
      event: string;
      failed: { name: string }[];
      groups: { seeds: number[] }[];
      curves: { name: string; groups: { iterations: number[] }[] }[];
    };
    assert.equal(last.event, "comparison");
    assert.deepEqual(
      last.groups.map(({ seeds }) => seeds),
      [[0, 1]],
    );
    const losses = last.curves.find(({ name }) => name.startsWith("discriminator/"));
    assert.deepEqual(losses?.groups[0]?.iterations, [1, 5, 10, 15, 20]);
    assert.deepEqual(await lossesOf(`${folder}/batch=16-seed=0`), before);

    await refuse(
      [...args.slice(0, -2), "--seeds", "3"],
      2,
      /holds another sweep: it has 4 cells, and 6 are/,
      { cwd },
    );
    const other = args.map((word) => (word === "20" ? "21" : word));
    await refuse(other, 2, /holds another sweep: steps is 20, and 21 is asked for/, { cwd });
  });

  test("Ctrl-C ends every training with a checkpoint; the same command ends with the same bits", async () => {
    await writeFile(
      join(cwd, "two.json"),
      JSON.stringify({
        recipes: ["gan"],
        preset: "small",
        seeds: 2,
        settings: {
          steps: 1000,
          samples: 4,
          "data.count": 2000,
          "intervals.log": 50,
          "intervals.sample": 1000,
          "intervals.checkpoint": 1000,
        },
      }),
    );
    const run = "runs/sweep-two/seed=0";
    const { child, finished } = start(["sweep", "two.json", "--jobs", "2"], { cwd }, true);
    for (const seed of [0, 1])
      while ((await lastIteration(`runs/sweep-two/seed=${seed}`)) < 100) await setTimeout(20);
    // As a terminal does it: the trainings get the signal as well.
    process.kill(-(child.pid ?? 0), "SIGINT");
    const { status, stderr } = await finished;
    assert.equal(status, 130, stderr);
    assert.match(stderr, /Stopping: each training saves a checkpoint\. The same command goes on/);
    for (const seed of [0, 1]) {
      const saved = await readdir(join(cwd, `runs/sweep-two/seed=${seed}/checkpoints`));
      const at = Number(saved.at(-1)?.slice("step-".length));
      assert.ok(
        at >= 100 && at < 1000 && at >= (await lastIteration(`runs/sweep-two/seed=${seed}`)),
        `${saved}`,
      );
    }
    // Killed with all that it has begun, it goes on from there as well.
    const killed = start(["sweep", "two.json"], { cwd });
    const from = await lastIteration(run);
    while ((await lastIteration(run)) < from + 100) await setTimeout(20);
    killed.child.kill("SIGKILL");
    await killed.finished;
    await succeed(["sweep", "two.json"], { cwd });
    // One that was never interrupted, by 'gantry train': a cell is a run as any.
    const settings = ["intervals.log=50", "intervals.sample=1000", "intervals.checkpoint=1000"];
    const set = settings.flatMap((setting) => ["--set", setting]);
    await succeed(["train", "gan", ...QUICK, "--steps", "1000", ...set, "--out", "whole"], { cwd });
    const standing = async (path: string) => [
      ...new Map((await lossesOf(path)).map((line) => [/"iteration":\d+/.exec(line)?.[0], line])).values(),
    ];
    assert.deepEqual((await standing(run)).at(-1), (await lossesOf("whole")).at(-1));
  });

  test("a file of TypeScript; evaluations; a cell alone, as a cluster's task does it", async () => {
    await mkdir(join(cwd, "node_modules"), { recursive: true });
    await writeFile(
      join(cwd, "alpha.ts"),
      `import { defineSweep } from "@gantry/gan";
const batches: number[] = [8, 16];
export default defineSweep({
  recipes: ["gan"], preset: "small", grid: { batch: batches }, metrics: "points", evalSamples: 100,
  settings: { steps: 4, samples: 4, "data.count": 200 },
});
`,
    );
    const { stdout } = await succeed(["sweep", "alpha.ts", "--slurm", "shared"], { cwd, real: true });
    assert.match(stdout, /^shared\/array\.sh: 2 cells, a task each$/m);
    const script = await readFile(join(cwd, "shared/array.sh"), "utf8");
    assert.match(script, /^#SBATCH --array=0-1$/m);
    await refuse(["sweep", "cell", "shared", "2"], 2, /the sweep has 2 cells, 0 to 1/, { cwd });
    await refuse(["sweep", "cell", cwd, "0"], 2, /no sweep \(no sweep\.json\)/, { cwd });
    // As SLURM begins a task, but for SLURM.
    await writeFile(join(cwd, "srun"), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
    const environment = {
      PATH: `${cwd}:${process.env.PATH}`,
      SLURM_CPUS_PER_TASK: "1",
      SLURM_ARRAY_TASK_ID: "1",
    };
    const { stderr } = await promisify(execFile)("sh", [join(cwd, "shared/array.sh")], {
      env: { ...process.env, ...environment, NODE_OPTIONS: "" },
    });
    assert.match(stderr, /evaluated iteration 4/);
    assert.ok(!existsSync(join(cwd, "shared/batch=8")) && existsSync(join(cwd, "shared/batch=16")));
    assert.match((await succeed(["sweep", "cell", "shared", "1"], { cwd })).stderr, /batch=16 is done/);
    const { stdout: csv } = await succeed(["compare", "shared", "--csv"], { cwd });
    assert.match(csv, /^metric,mean,sd,n\nmodes,[\d.e-]+,,1\n/);
    await succeed(["compare", "shared", "--csv", "--out", "a.csv"], { cwd });
    assert.equal(await readFile(join(cwd, "a.csv"), "utf8"), csv);
  });

  test("successive halving leaves settings off, and says so", async () => {
    const args = [
      "sweep",
      "gan",
      ...ring,
      "--set",
      "batch=8,16",
      "--steps",
      "9",
      "--halving",
      "high-quality",
      "--out",
      "halved",
    ];
    const { stdout } = await succeed([...args, "--eval-samples", "100"], { cwd, real: true });
    assert.match(
      stdout,
      /Successive halving by high-quality: after 3 iterations 1 of 2 settings were left off/,
    );
    const iterations = await Promise.all([8, 16].map((batch) => lastIteration(`halved/batch=${batch}`)));
    assert.deepEqual(iterations.sort(), [3, 9]);
    assert.match(
      (await succeed(["compare", "halved"], { cwd })).stdout,
      /Successive halving by high-quality/,
    );
    await refuse(
      [...args, "--kubernetes", "k"].filter((each) => each !== "--out" && each !== "halved"),
      2,
      /nothing of ours schedules/,
      { cwd },
    );
  });

  test("what makes no sense is refused in a line", async () => {
    await refuse(["sweep"], 2, /missing required argument 'recipes\|file'/, { cwd });
    await refuse(["sweep", "none.json"], 2, /none\.json: no such file/, { cwd });
    await refuse(["sweep", "two.json", "--seeds", "2"], 2, /--seeds: the file says what is swept/, { cwd });
    await refuse(["sweep", "gan,"], 2, /has an empty place/, { cwd });
    await refuse(["sweep", "gan", "--set", "batch=1..9"], 2, /how many draws by --draws/, { cwd });
    await refuse(["sweep", "gan", "--set", "seed=1,2"], 2, /given by --seeds/, { cwd });
    await refuse(
      ["sweep", "gan", "--set", "terms.r1.gamma=1,2"],
      2,
      /no recipe of the sweep has a term 'r1'/,
      { cwd },
    );
    await refuse(["sweep", "gan", "--out", "a", "--slurm", "b"], 2, /each name the sweep's folder/, { cwd });
    await writeFile(join(cwd, "bad.json"), "{");
    await refuse(["sweep", "bad.json"], 2, /bad\.json: it is no JSON/, { cwd });
    await writeFile(join(cwd, "bad.json"), '{"recipes": ["gan"], "grdi": {}}');
    await refuse(["sweep", "bad.json"], 2, /did you mean 'bad\.json\.grid'/, { cwd });
    await rm(join(cwd, "bad.json"));
  });
});
