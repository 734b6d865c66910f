import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { gantry, parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

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
      config: { evaluation: Record<string, unknown> };
    };
    const { network: _, resize: __, ...asked } = config.evaluation;
    assert.deepEqual(asked, { every: 4, metrics: "points", samples: 50, best: "modes" });
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

  test("one that is stopped while it is awaited is made up for by the command that is named", async () => {
    const args = ["train", "gan", ...QUICK, "--eval-every", "4", "--metrics", "points", "--steps", "4"];
    let stopped = false;
    const { status, stdout } = await gantry([...args, "--eval-samples", "2000000", "--out", "awaited"], {
      cwd,
      onProgress: (text, kill) => {
        if (!stopped && /^Trained; awaiting/m.test(text)) kill("SIGTERM");
        stopped ||= /^Trained; awaiting/m.test(text);
      },
    });
    assert.equal(status, 143, stdout);
    assert.match(
      stdout,
      /Try next:\n {2}gantry resume awaited\n {6}for the evaluations that are still due\n$/,
    );
  });

  test("what cannot be done is refused before training", async () => {
    await refuse([...common.slice(0, -4), "--metrics", "fit"], 2, /did you mean 'fid'/, { cwd });
    await refuse(["train", "gan", "--metrics", "points"], 2, /say how often by --eval-every/, { cwd });
    await refuse(["train", "gan", "--eval-every", "0"], 2, /evaluation\.every/, { cwd });
    const dry = ["train", "gan", ...QUICK, "--eval-every", "2", "--metrics", "point", "--dry-run"];
    await refuse(dry, 2, /unknown metric 'point'; did you mean 'points'/, { cwd });
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

describe("RUN@best", () => {
  const read = async (file: string) => JSON.parse(await readFile(join(cwd, file), "utf8"));
  const weights = (run: string) =>
    readFile(join(cwd, run, "checkpoints", "step-000008", "generator.safetensors"));
  const evaluated = async (run: string) =>
    parseLines(await readFile(join(cwd, run, "events.jsonl"), "utf8"))
      .filter(({ event }) => event === "evaluation" || event === "resume")
      .map(({ event, iteration }) => [event, iteration]);

  before(async () => {
    // Weights that do not move: the first of equal scores stays the best one.
    const still = ["--set", "optimizers.default.learningRate=1e-30", "--set", "keep=1"];
    await succeed([...common, "--steps", "8", "--best", "modes", ...still, "--out", "kept"], { cwd });
    assert.equal((await read("kept/best.json")).iteration, 4);
    assert.deepEqual(await readdir(join(cwd, "kept/checkpoints")), ["step-000004", "step-000008"]);
  });

  test("eval measures it, and compare shows it beside the end", async () => {
    await succeed(["eval", "kept@best", "--metrics", "points", "--samples", "60"], { cwd });
    const { subject } = await read("kept/report.json");
    assert.deepEqual([subject.samples, subject.details.iteration], [60, 4]);
    const { stdout } = await succeed(["compare", "kept", "kept@best", "--html", "both.html"], { cwd });
    assert.match(stdout, /^kept +gan +8 of 8 /m);
    assert.match(stdout, /^kept@4 +gan +4 of 8 /m);
    // The report goes before what training found.
    assert.match(stdout, /^kept: modes, .*high-quality.* are of iteration 4$/m);
    assert.doesNotMatch(stdout, /^kept@4: /m);
    const page = await readFile(join(cwd, "both.html"), "utf8");
    const told = JSON.parse(/id="data"[^>]*>([\s\S]*?)<\/script>/.exec(page)![1]!);
    const place = told.comparison.runs.findIndex(({ label }: { label: string }) => label === "kept@4");
    const shown = told.samples.find(({ run }: { run: number }) => run === place);
    assert.equal(shown.grids.at(-1).iteration, 1, "of pictures, the last until then");
    await rm(join(cwd, "kept/report.json"));
    const without = await succeed(["compare", "kept", "kept@best", "--json"], { cwd });
    const [{ metrics }] = parseLines(without.stdout) as unknown as [
      { metrics: { name: string; scores: ({ iteration: number } | null)[] }[] },
    ];
    const modes = metrics.find(({ name }) => name === "modes")?.scores;
    assert.deepEqual(
      modes?.map((score) => score?.iteration),
      [8, 4],
    );
    await refuse(["compare", "kept@best", "kept@4"], 2, /kept@4: given twice/, { cwd });
    await refuse(["compare", "kept@5"], 2, /no checkpoint at 5; there are: 4, 8/, { cwd });
  });

  test("fork begins with it, and judges it anew as its own", async () => {
    await refuse(["fork", "kept@best", "--steps", "4"], 2, /checkpoint is at iteration 4, and 4 are pla/, {
      cwd,
    });
    await succeed(["fork", "kept@best", "--steps", "9", "--out", "forked"], { cwd });
    const { forkedFrom } = await read("forked/config.json");
    assert.deepEqual(forkedFrom, { run: "kept", iteration: 4 });
    assert.deepEqual(await evaluated("forked"), [
      ["resume", 4],
      ["evaluation", 4],
      ["evaluation", 8],
      ["evaluation", 9],
    ]);
    assert.equal((await read("forked/best.json")).iteration, 4);
    assert.equal((await read("kept/best.json")).iteration, 4);
  });

  test("resume goes on from it to the same end, and the best stays", async () => {
    const before = await weights("kept");
    const { stdout } = await succeed(["resume", "kept@best"], { cwd });
    assert.match(stdout, /Done: 8 iterations/);
    assert.deepEqual(await weights("kept"), before);
    assert.deepEqual(await evaluated("kept"), [
      ["evaluation", 4],
      ["evaluation", 8],
      ["resume", 4],
      ["evaluation", 8],
    ]);
    assert.equal((await read("kept/best.json")).iteration, 4);
  });

  test("where the best is the last, resume and fork say what to do instead", async () => {
    await succeed([...common, "--steps", "4", "--out", "last"], { cwd });
    await refuse(["resume", "last@best"], 2, /its 4 iterations are done; .*gantry fork last --set/, { cwd });
    await refuse(["fork", "last@best"], 2, /give more with --set steps=8/, { cwd });
  });

  test("without a best one, or with one that was deleted, every command is one clear line", async () => {
    await succeed(["train", "gan", ...QUICK, "--steps", "2", "--out", "none"], { cwd });
    await rm(join(cwd, "last/checkpoints/step-000004"), { recursive: true });
    for (const command of ["resume", "fork", "eval", "compare"]) {
      await refuse([command, "none@best"], 2, /no checkpoint is known as the best one; .*--eval-every/, {
        cwd,
      });
      await refuse([command, "last@best"], 2, /the run has no checkpoint yet/, { cwd });
      await refuse([command, "nowhere@best"], 2, /nowhere/, { cwd });
    }
  });
});
