import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

describe("gantry probe", () => {
  test("tells angles and gaps of a run, as text and as JSON", async () => {
    await succeed(["train", "gan", ...QUICK, "--steps", "2"], { cwd });
    const { stdout } = await succeed(["probe", "runs/gan-ring-0", "--iterations", "3"], { cwd });
    assert.match(stdout, /^angle\/real-fake +\d/m);
    assert.match(stdout, /^gap\/after +/m);
    assert.match(stdout, /^ +angle\/real-fake +between D's gradients/m, "each row is explained");
    assert.doesNotMatch(stdout, /weights\//, "adaptive weights are not in this run");
    const json = await succeed(["probe", "runs/gan-ring-0@2", "--iterations", "3", "--json"], { cwd });
    const { series } = JSON.parse(json.stdout.trimEnd().split("\n").at(-1)!) as {
      series: Record<string, number[]>;
    };
    assert.equal(series["angle/real-fake"]?.length, 3);
    await refuse(
      ["probe", "runs/gan-ring-0", "--iterations", "0"],
      2,
      /--iterations 0: a whole number of 1 or more/,
      { cwd },
    );
  });
});
