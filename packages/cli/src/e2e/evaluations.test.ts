import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gantry, parseLines, QUICK, refuse, succeed, temporaryFolder } from "./harness.js";

const cwd = temporaryFolder();
const common = ["train", "gan", ...QUICK, "--eval-every", "4", "--metrics", "points", "--eval-samples", "50"];

describe("evaluations during training", () => {
  test("are told, kept with the run, and name the best checkpoint", async () => {
    const { stdout, stderr } = await succeed([...common, "--steps", "4", "--best", "modes"], {
      cwd,
      real: true,
    });
    assert.match(stderr, /^Trained; awaiting the evaluation of iteration 4\.$/m);
    assert.match(
      stderr,
      /^evaluated iteration 4 in [\d.]+ s: modes \d, high-quality [\d.]+, .*\(the best by modes\)$/m,
    );
    assert.match(stdout, /^ {2}best +iteration 4, modes \d: runs\/gan-ring-0@best$/m);
    const { config } = JSON.parse(await readFile(join(cwd, "runs/gan-ring-0/config.json"), "utf8")) as {
      config: { evaluation: unknown };
    };
    assert.deepEqual(config.evaluation, { every: 4, metrics: "points", samples: 50, best: "modes" });
    await succeed(["sample", "runs/gan-ring-0@best", "--count", "10", "--out", "best.png"], { cwd });
    assert.ok(existsSync(join(cwd, "best.png")));
    const compared = await succeed(["compare", "runs/gan-ring-0"], { cwd });
    assert.match(compared.stdout, /modes ↑ +high-quality ↑/);
  });

  test("a run without any has no best checkpoint", async () => {
    await succeed(["train", "gan", ...QUICK, "--steps", "2", "--out", "plain"], { cwd });
    await refuse(["sample", "plain@best", "--out", "x.png"], 2, /no checkpoint is known as the best one/, {
      cwd,
    });
  });

  test("Ctrl-C does not wait for one", async () => {
    const args = [...common, "--set", "intervals.log=1", "--steps", "400000", "--out", "long"];
    let stopped = false;
    const { status, stderr } = await gantry(args, {
      cwd,
      onProgress: (text, kill) => {
        if (!stopped && /^iteration /m.test(text)) kill("SIGINT");
        stopped ||= /^iteration /m.test(text);
      },
    });
    assert.equal(status, 130, stderr);
    assert.doesNotMatch(stderr, /awaiting/);
    const { state } = JSON.parse(await readFile(join(cwd, "long/heartbeat.json"), "utf8")) as {
      state: string;
    };
    assert.equal(state, "stopped");
  });

  test("what cannot be done is refused before training", async () => {
    await refuse([...common.slice(0, -4), "--metrics", "fit"], 2, /did you mean 'fid'/, { cwd });
    await refuse(["train", "gan", "--metrics", "points"], 2, /say how often by --eval-every/, { cwd });
    await refuse(["train", "gan", "--eval-every", "0"], 2, /evaluation\.every/, { cwd });
    assert.ok(!existsSync(join(cwd, "runs/gan-ring-1")));
  });

  test("as JSON", async () => {
    const { stdout } = await succeed([...common, "--steps", "4", "--out", "json", "--json"], {
      cwd,
      real: true,
    });
    const found = parseLines(stdout).find(({ event }) => event === "evaluation");
    assert.equal(found?.iteration, 4);
    assert.equal(found?.bestBy, "modes");
    const end = parseLines(stdout).at(-1) as { best: { iteration: number } };
    assert.equal(end.best.iteration, 4);
  });
});
