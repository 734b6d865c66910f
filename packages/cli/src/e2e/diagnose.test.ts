import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writeDigits } from "../testing/digits.js";
import { gantry, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const digits = join(cwd, "digits");
await writeDigits(digits, { train: 100, t10k: 10 });
/** Points a hundred times as large as networks begin at: a finding before the first iteration. */
const LARGE = ["--set", "data.radius=100", "--set", "data.std=1"];
const SHORT = ["--preset", "small", "--steps", "3"];

interface Report {
  readonly findings: readonly {
    readonly name: string;
    readonly iteration: number;
    readonly advice: readonly { readonly command: string }[];
  }[];
}

describe("findings", () => {
  test("train says what is wrong first and ends with 0, and diagnose says it again and ends with 3", async () => {
    const { stdout, stderr } = await succeed(["train", "gan", ...SHORT, ...LARGE, "--out", "large"], { cwd });
    assert.match(stderr, /found value-range .*before the first iteration/);
    assert.match(stdout, /^Found: value-range, before the first iteration/);
    const { status, stdout: told } = await gantry(["diagnose", "large", "--json"], { cwd });
    assert.equal(status, 3);
    const { findings } = JSON.parse(told) as Report;
    assert.deepEqual(
      findings.map(({ name, iteration }) => [name, iteration]),
      [["value-range", 0]],
    );
  });

  test("nothing found is no claim, and no exit code", async () => {
    const { stdout } = await succeed(["train", "gan", ...SHORT, "--out", "well"], { cwd });
    assert.match(stdout, /^Nothing found by these tests\./);
    const { stdout: told } = await succeed(["diagnose", "well", "--out", "pictures"], { cwd });
    assert.match(told, /^well: done, iteration 3 of 3, /);
    assert.match(told, /^Nothing found by these tests\./m);
  });

  test("--stop-on ends a training with 3, --on-finding hands the finding to a command", async () => {
    const hook = "cat > finding.json";
    const { status } = await gantry(
      [
        "train",
        "gan",
        ...SHORT,
        ...LARGE,
        "--out",
        "ended",
        "--stop-on",
        "value-range",
        "--on-finding",
        hook,
      ],
      { cwd },
    );
    assert.equal(status, 3);
    const { run, name, iteration } = JSON.parse(await readFile(join(cwd, "finding.json"), "utf8")) as Record<
      string,
      unknown
    >;
    assert.deepEqual([run, name, iteration], ["ended", "value-range", 0]);
    // It goes on where it ended.
    await succeed(["resume", "ended"], { cwd });
    await refuse(
      ["train", "gan", "--stop-on", "mode-colapse"],
      2,
      /unknown finding 'mode-colapse'; did you mean 'mode-collapse'/,
      { cwd },
    );
  });

  test("a run from before there were findings is judged by its checkpoints", async () => {
    const old = join(import.meta.dirname, "../../../gan/golden/versions/run-0.1.0");
    const { stdout } = await succeed(["diagnose", old], { cwd });
    assert.match(stdout, /The run kept no signals: they were measured of its checkpoints \(10\)\./);
    await assert.rejects(stat(join(old, "samples/diagnosis")));
  });

  test("the findings there are, and what is no run", async () => {
    const { stdout } = await succeed(["diagnose", "--list"], { cwd });
    assert.match(stdout, /^ +mode-collapse +samples are alike/m);
    await refuse(["diagnose"], 2, /name a run/, { cwd });
    await refuse(["diagnose", "nowhere"], 2, /not a run/, { cwd });
  });

  test("the command that is printed helps as it is typed, and keeps the run's recipe and settings", async () => {
    const run = [
      "train",
      "dcgan",
      "--data",
      digits,
      "--batch",
      "8",
      "--steps",
      "2",
      "--set",
      "net.channels=4",
    ];
    const { stdout } = await succeed([...run, "--out", "few"], { cwd });
    const [, command = ""] = /^ +gantry (fork few@0 .*)$/m.exec(stdout) ?? [];
    assert.equal(command, "fork few@0 --with diff-augment");
    const { stdout: told } = await succeed([...command.split(" "), "--out", "more"], { cwd });
    assert.match(told, /^Nothing found by these tests/);
    const configs = await Promise.all(
      ["few", "more"].map(async (name) => JSON.parse(await readFile(join(cwd, name, "config.json"), "utf8"))),
    );
    const [few, more] = configs.map(({ config }) => config);
    assert.deepEqual({ ...more, terms: few.terms }, few);
    assert.ok("diff-augment" in more.terms);
  });

  test("a sweep's training ends on a finding, and counts as done", async () => {
    const sweep = ["sweep", "gan", "--preset", "small", "--set", "steps=3", "--set", "data.radius=100"];
    const options = ["--set", "data.std=1", "--stop-on", "value-range", "--out", "swept"];
    const { stderr } = await succeed([...sweep, ...options], { cwd });
    assert.match(stderr, /ended at iteration 0: value-range/);
    const again = await succeed([...sweep, ...options], { cwd });
    assert.match(again.stderr, /: kept/);
  });
});
