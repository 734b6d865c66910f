import assert from "node:assert/strict";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pngGrid } from "@gantry/formats";
import { refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

describe("gantry study", () => {
  test("lists studies, and refuses what does not exist", async () => {
    assert.match((await succeed(["study"])).stdout, /^ {2}gaussians +modes covered/m);
    const known = JSON.parse((await succeed(["study", "--json"])).stdout) as {
      name: string;
      methods: { name: string }[];
    }[];
    const study = known.find(({ name }) => name === "gaussians");
    assert.ok(study?.methods.some(({ name }) => name === "unrolled"));
    await refuse(["study", "gausians"], 2, /did you mean 'gaussians'/);
    await refuse(
      ["study", "gaussians", "--problems", "rings"],
      2,
      /unknown problem 'rings'; did you mean 'ring'/,
    );
    await refuse(["study", "gaussians", "--seeds", "0"], 2, /--seeds 0: a whole number of 1 or more/);
    await refuse(["study", "gaussians", "--methods", "gan,"], 2, /--methods is 'gan,'/);
    await refuse(["study", "gaussians", "--seconds", "9"], 2, /goes by iterations, not by seconds/);
    await refuse(["study", "stacked-mnist", "--methods", "pacgan"], 2, /did you mean 'pacgan2'/);
    await refuse(["study", "gaussians", "--report"], 2, /nothing was measured yet/, { cwd });
    await refuse(["study", "gaussians", "--data", "ring=points"], 2, /has data of its own/);
    await refuse(["study", "infomax-table-1", "--data", "stl10"], 2, /--data is 'stl10'; write NAME=PATH/);
    // Where all tables of a paper have their trainings.
    await refuse(["study", "infomax-table-1", "--report"], 2, /study-infomax\/cells: nothing was measured/, {
      cwd,
    });
  });

  test("sums up what was measured on stacked MNIST, with curves and pictures of samples", async () => {
    const black = { data: new Uint8Array(4 * 3 * 28 * 28), shape: [3, 28, 28] } as const;
    const grid = Buffer.from(await pngGrid(black)).toString("base64");
    const times = [50, 100].map((seconds, i) => ({
      iteration: seconds,
      seconds,
      samples: 5000 + 21_000 * i,
      modes: 500 + 250 * i,
      kl: 2.5 - 1.25 * i,
    }));
    const cells = join(cwd, "m", "cells");
    await mkdir(cells, { recursive: true });
    for (const method of ["dcgan", "pacgan2"]) {
      const work = { config: {}, seconds: 100, samples: 26_000 };
      const cell = { problem: "stacked-mnist", method, seed: 0, work };
      const outcome = { cell, status: "done", result: { accuracy: 0.9929, curve: times, grid } };
      await writeFile(join(cells, `stacked-mnist-${method}-0.json`), JSON.stringify(outcome));
    }
    const { stdout } = await succeed(["study", "stacked-mnist", "--out", "m", "--report"], { cwd });
    assert.match(stdout, /^pacgan2 +1 +750 +1\.250 +100 +100$/m);
    assert.match(stdout, /^pacgan2 \(PacGAN, section 4\.2\) +750 vs 750 +not decided \(one seed\)/m);
    assert.match(stdout, /99\.29 % of MNIST's test images/);
    assert.match(stdout, /for 100 seconds of one processor/);
    const names = [
      "kl.png",
      "modes.png",
      "report.json",
      "report.md",
      "samples-dcgan.png",
      "samples-pacgan2.png",
    ];
    assert.deepEqual((await readdir(join(cwd, "m"))).sort(), ["cells", ...names]);
    const page = await readFile(join(cwd, "m", "report.md"), "utf8");
    for (const name of names.filter((each) => each.endsWith(".png"))) assert.ok(page.includes(`](${name})`));
    // Bytes of a picture are written as they are.
    assert.equal((await readFile(join(cwd, "m", "samples-dcgan.png"))).toString("base64"), grid);
  });

  test("measures, and writes the table and the pictures", async () => {
    const args = ["study", "gaussians", "--out", "s", "--seeds", "1", "--iterations", "5"];
    const { stdout, stderr } = await succeed([...args, "--methods", "gan", "--problems", "ring"], { cwd });
    // One seed has no spread to show.
    assert.match(stdout, /^gan +1 +\d\.0 +[\d.]+ +[\d.]+ +5$/m);
    assert.match(stderr, /1\/1 ring, gan, seed 0: done/);
    const names = ["cells", "report.json", "report.md", "ring.png", "scores.png"];
    assert.deepEqual((await readdir(join(cwd, "s"))).sort(), names);
    const table = await readFile(join(cwd, "s", "report.md"), "utf8");
    const report = await succeed(["study", "gaussians", "--out", "s", "--report", "--json"], { cwd });
    assert.equal((JSON.parse(report.stdout) as { rows: unknown[] }).rows.length, 1);
    assert.equal(await readFile(join(cwd, "s", "report.md"), "utf8"), table);
  });
});
