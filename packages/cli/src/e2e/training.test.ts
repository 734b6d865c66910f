import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pngSize, readNpy, writeNpy } from "@gantry/formats";
import { gantry, parseLines, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
before(async () => {
  const args = [
    "train",
    "gan",
    ...QUICK,
    "--steps",
    "30",
    "--set",
    "intervals.checkpoint=10",
    "--set",
    "intervals.log=10",
  ];
  const { stdout, stderr } = await succeed([...args, "--set", "keep=5"], { cwd, real: true });
  // What the other tests begin with is itself looked at.
  assert.match(stderr, /^gan on ring: 2,000 points$/m);
  // Speed is shown once there is some time to measure it by: a fast machine is done before.
  assert.match(stderr, /^iteration 30 of 30(, .* it\/s, .* points\/s)? {2}/m);
  assert.ok(
    ![..."\r\u001b"].some((character) => (stdout + stderr).includes(character)),
    "a pipe gets no control characters",
  );
  assert.match(stdout, /^Nothing found by these tests\.\nDone: 30 iterations, [\d,]+ points seen; /);
  assert.match(stdout, /runs\/gan-ring-0\/samples\/000030\.png/);
  assert.match(stdout, /\d of 8; [\d.]+ % of the points/);
  assert.match(stdout, /Try next:\n {2}gantry sample runs\/gan-ring-0 /);
});

const run = "runs/gan-ring-0";
const weights = (folder: string, step: string) =>
  readFile(join(cwd, folder, "checkpoints", step, "generator.safetensors"));

describe("training", () => {
  test("a run directory holds all that it should", async () => {
    const names = await readdir(join(cwd, run));
    for (const name of [
      "checkpoints",
      "config.json",
      "events.jsonl",
      "heartbeat.json",
      "samples",
      "tensorboard",
    ])
      assert.ok(names.includes(name), name);
    const checkpoints = await readdir(join(cwd, run, "checkpoints"));
    assert.deepEqual(checkpoints.sort(), ["step-000010", "step-000020", "step-000030"]);
  });

  test("the next run of the same kind goes beside the first; --json prints one object a line", async () => {
    const { stdout, stderr } = await succeed(
      ["train", "gan", ...QUICK, "--steps", "4", "--set", "intervals.log=2", "--json"],
      { cwd, real: true },
    );
    assert.equal(stderr, "");
    const events = parseLines(stdout);
    assert.deepEqual(
      events.map(({ event, iteration }) => [event, iteration]),
      [
        ["opening", undefined],
        ["begin", 0],
        ["step", 1],
        ["step", 2],
        ["step", 4],
        ["end", 4],
      ],
    );
    assert.equal(events[1]?.run, "runs/gan-ring-0-2");
    const keys =
      "event iteration steps imagesSeen epoch iterationsPerSecond imagesPerSecond secondsLeft scalars";
    assert.equal(Object.keys(events[2] ?? {}).join(" "), keys);
    assert.equal(events.at(-1)?.state, "done");
  });

  test("a fork from the middle, with nothing changed, ends in the same bits", async () => {
    await succeed(["fork", `${run}@10`, "--out", "same"], { cwd });
    assert.deepEqual(await weights("same", "step-000030"), await weights(run, "step-000030"));
  });

  test("a fork takes other settings", async () => {
    await succeed(
      ["fork", run, "--out", "longer", "--set", "steps=34", "--set", "optimizers.default.learningRate=1e-5"],
      { cwd },
    );
    const { config, forkedFrom } = JSON.parse(await readFile(join(cwd, "longer/config.json"), "utf8")) as {
      config: { steps: number; optimizers: { default: { learningRate: number } } };
      forkedFrom: unknown;
    };
    assert.equal(config.steps, 34);
    assert.equal(config.optimizers.default.learningRate, 1e-5);
    assert.deepEqual(forkedFrom, { run: "gan-ring-0", iteration: 30 });
    assert.ok(existsSync(join(cwd, "longer/checkpoints/step-000034")));
    await refuse(
      ["fork", run, "--out", "shorter", "--steps", "20"],
      2,
      /at iteration 30, and 20 are planned/,
      { cwd },
    );
    await refuse(["resume", run], 2, /its 30 iterations are done; .*gantry fork/, { cwd });
  });

  test("Ctrl-C saves, says how to go on, and resuming goes on from there", async () => {
    const args = [
      "train",
      "gan",
      ...QUICK,
      "--steps",
      "1000000",
      "--out",
      "stopped",
      "--set",
      "intervals.log=20",
    ];
    let sent = false;
    const interrupt = (text: string, kill: (signal: NodeJS.Signals) => void) => {
      if (sent || !/iteration 20|"iteration":\d+0,/.test(text)) return;
      sent = true;
      kill("SIGINT");
    };
    const first = await gantry(["--debug", ...args, "--json"], { cwd, onProgress: interrupt });
    assert.equal(first.status, 130, first.stderr);
    const ending = parseLines(first.stdout).at(-1);
    assert.equal(ending?.state, "stopped");
    assert.deepEqual(ending?.next, ["gantry resume stopped"]);
    const reached = Number(ending?.iteration);

    sent = false;
    const second = await gantry(["resume", "stopped"], {
      cwd,
      onProgress: (text, kill) => {
        if (sent || !/^iteration [\d,]+ of/m.test(text)) return;
        sent = true;
        kill("SIGINT");
      },
    });
    assert.equal(second.status, 130, second.stderr);
    assert.match(
      second.stderr,
      new RegExp(`^going on from iteration ${reached.toLocaleString("en-US")} to 1,000,000;`, "m"),
    );
    assert.match(second.stderr, /Stopping after this iteration/);
    const [, stopped = ""] =
      /^Stopped after ([\d,]+) of 1,000,000 iterations, with a checkpoint\n/.exec(second.stdout) ?? [];
    assert.ok(Number(stopped.replaceAll(",", "")) > reached, second.stdout);
    assert.match(second.stdout, /Go on with:\n {2}gantry resume stopped\n/);
  });

  test("samples: the same seed gives the same picture; numbers and pictures by the file's ending", async () => {
    await succeed(["sample", run, "--count", "40", "--out", "a.png"], { cwd });
    await succeed(["sample", `${run}@30`, "--count", "40", "--out", "b.png", "--weights", "raw"], { cwd });
    const [a, b] = await Promise.all(["a.png", "b.png"].map((name) => readFile(join(cwd, name))));
    assert.deepEqual(a, b);
    assert.ok(pngSize(a as Uint8Array).width > 100);
    const { stdout } = await succeed(["sample", run, "--count", "5", "--seed", "3", "--out", "n.npy"], {
      cwd,
    });
    assert.match(stdout, /^n\.npy: 5 points of runs\/gan-ring-0 at iteration 30, weights as trained\n$/);
    const array = await readNpy(join(cwd, "n.npy"));
    assert.deepEqual([array.dtype, array.shape], ["float32", [5, 2]]);
  });

  test("samples of given latents, and on the way between them", async () => {
    const latents = Float32Array.of(1, 0, 0, 1, 0.5, 0.5);
    const data = new Uint8Array(latents.buffer);
    await writeNpy(join(cwd, "latents.npy"), { dtype: "float32", shape: [3, 2], data });
    await succeed(["sample", run, "--latents", "latents.npy", "--out", "given.npy"], { cwd });
    assert.deepEqual((await readNpy(join(cwd, "given.npy"))).shape, [3, 2]);
    const way = ["--interpolate", "--frames", "5", "--latents", "latents.npy", "--out", "way.npy"];
    await succeed(["sample", run, ...way], { cwd });
    await succeed(["sample", run, ...way.with(2, "2").with(-1, "ends.npy")], { cwd });
    assert.deepEqual((await readNpy(join(cwd, "ends.npy"))).shape, [2, 2]);
    // The third latent has no partner.
    assert.deepEqual((await readNpy(join(cwd, "way.npy"))).shape, [5, 2]);
    const both = await Promise.all(["given.npy", "way.npy"].map((name) => readNpy(join(cwd, name))));
    const ends = both.map(({ data: bytes }) => new Float32Array(bytes.slice().buffer));
    // The way begins at the first latent and ends at the second; a batch of another size rounds otherwise.
    for (const [given, on] of [
      [0, 0],
      [1, 1],
      [2, 8],
      [3, 9],
    ] as const)
      assert.ok(Math.abs(ends[0]![given]! - ends[1]![on]!) < 1e-4, `${given}`);
    await writeNpy(join(cwd, "wide.npy"), { dtype: "float32", shape: [2, 3], data });
    await refuse(
      ["sample", run, "--latents", "wide.npy", "--out", "x.npy"],
      2,
      /shape 2,3; this generator takes N,2/,
      { cwd },
    );
  });

  test("truncated latents make other samples, the same ones again", async () => {
    const sample = async (...more: string[]) => {
      await succeed(["sample", run, "--count", "50", ...more, "--out", "t.npy"], { cwd });
      return (await readNpy(join(cwd, "t.npy"))).data.slice();
    };
    const [whole, wide, narrow, again] = [
      await sample(),
      await sample("--truncation", "100"),
      await sample("--truncation", "0.5"),
      await sample("--truncation", "0.5"),
    ];
    assert.deepEqual(wide, whole);
    assert.notDeepEqual(narrow, whole);
    assert.deepEqual(again, narrow);
    await refuse(["sample", run, "--psi", "0.7", "--out", "x.npy"], 2, /these networks have none/, { cwd });
    for (const wrong of ["0", "-1", "x", "NaN"])
      await refuse(
        ["sample", run, "--truncation", wrong, "--out", "x.npy"],
        2,
        /a number of 0\.01 or more is needed/,
        { cwd },
      );
  });

  test("codes of a latent take their values in rows", async () => {
    const codes = "mutual-information:categorical=[3],continuous=1,units=4";
    await succeed(["train", "gan", ...QUICK, "--steps", "3", "--with", codes, "--out", "coded"], { cwd });
    for (const [code, columns] of [
      ["1", 3],
      ["2", 5],
    ] as const) {
      const rows = ["--vary", code, "--count", "2", "--frames", "5", "--out", "rows.npy"];
      await succeed(["sample", "coded", ...rows], { cwd });
      assert.deepEqual((await readNpy(join(cwd, "rows.npy"))).shape, [2 * columns, 2]);
    }
    const bad = (run: string, more: string[], reason: RegExp) =>
      refuse(["sample", run, "--out", "x.npy", ...more], 2, reason, { cwd });
    await bad("coded", ["--vary", "3"], /no such code; codes: 1 \(3 categories\), 2 \(continuous\)/);
    await bad(run, ["--vary", "1"], /latents have no codes; train with --with mutual-information/);
    await bad("coded", ["--vary", "1", "--interpolate"], /two kinds of rows/);
    await bad("coded", ["--frames", "4"], /--interpolate and --vary/);
  });

  test("samples need neither data nor guesses", async () => {
    await refuse(["sample", run], 2, /--out FILE\.png/, { cwd });
    await refuse(["sample", run, "--out", "x.gif"], 2, /of points what moves is the training/, { cwd });
    await refuse(["sample", run, "--weights", "ema", "--out", "x.npy"], 2, /keeps no average/, { cwd });
    await refuse(["sample", `${run}@11`, "--out", "x.npy"], 2, /no checkpoint at 11; there are: 10, 20, 30/, {
      cwd,
    });
    await refuse(
      ["sample", run, "--out", "nowhere/x.npy"],
      1,
      /nowhere\/x\.npy: cannot write: no such file/,
      { cwd },
    );
  });

  test("--dry-run checks everything and writes nothing", async () => {
    const { stdout } = await succeed(["train", "gan", ...QUICK, "--out", "dry", "--dry-run"], { cwd });
    assert.match(stdout, /generator +[\d,]+ parameters/);
    assert.match(stdout, /"family": "mlp"/);
    assert.ok(!existsSync(join(cwd, "dry")));
    const json = await succeed(["train", "gan", ...QUICK, "--out", "dry", "--dry-run", "--json"], { cwd });
    assert.equal(parseLines(json.stdout)[0]?.event, "plan");
  });
});
