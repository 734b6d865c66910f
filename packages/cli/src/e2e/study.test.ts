import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { refuse, succeed, temporaryFolder } from "./harness.js";

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
    await refuse(["study", "gaussians", "--seeds", "0"], 2, /--seeds is '0'; give a whole number, 1 or more/);
    await refuse(["study", "gaussians", "--methods", "gan,"], 2, /--methods is 'gan,'/);
    await refuse(["study", "gaussians", "--report"], 2, /nothing was measured yet/, { cwd });
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
