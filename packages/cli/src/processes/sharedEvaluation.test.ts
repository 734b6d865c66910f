import assert from "node:assert/strict";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { distributed } from "@gantry/torch";
import { writeDigits } from "../testing/digits.js";
import { gantry, parseLines, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
Object.assign(process.env, { GANTRY_HOME: join(cwd, "home"), TORCH_HOME: cwd });
const skip = !distributed.hasGroups() && "this build has no process groups: gloo's headers were not there";
const METRICS = "fid,kid:subsets=2,subsetSize=40,is:splits=2,mode:splits=2,coverage,prdc";
/** Draws images, and looks at them without a network. */
const MISSING =
  'missing:sigmas=[1],threshold=0.01,holes=0,steps=1,batch=8,net={"family":"dcgan","channels":2,"discriminatorNorm":"spectral"}';

interface Scored {
  readonly scores: readonly {
    readonly name: string;
    readonly value: number;
    readonly deviation: number | null;
  }[];
}

/** A home with the classifier, and nothing that was looked at. */
async function freshHome(name: string): Promise<NodeJS.ProcessEnv> {
  await cp(join(cwd, "home/classifiers"), join(cwd, name, "classifiers"), { recursive: true });
  return { GANTRY_HOME: join(cwd, name), TORCH_HOME: cwd };
}

const alike = (found: Scored["scores"], expected: Scored["scores"]) => {
  assert.deepEqual(
    found.map(({ name }) => name),
    expected.map(({ name }) => name),
  );
  for (const [i, { name, value, deviation }] of expected.entries()) {
    const other = found[i];
    assert.ok(
      Math.abs(value - (other?.value ?? Number.NaN)) <= 1e-9 * Math.abs(value),
      `${name}: ${value}, ${other?.value}`,
    );
    assert.equal(deviation === null, other?.deviation === null);
  }
};

test("two processes share an evaluation's images, beside a training and after it, and find what one does", {
  skip,
}, async () => {
  await writeDigits(join(cwd, "mnist"), { train: 640, t10k: 100 });
  await succeed(["train-classifier", "digits-cnn", "--data", "./mnist", "--epochs", "4", "--threads", "1"], {
    cwd,
  });
  const train = [
    "train",
    "dcgan",
    "--preset",
    "small",
    "--data",
    "mnist/train-images-idx3-ubyte",
    "--steps",
    "2",
    "--batch",
    "8",
  ];
  const small = ["--set", "net.channels=2", "--set", "samples=4", "--out", "run"];
  const judge = ["--eval-every", "2", "--eval-samples", "150", "--metrics", "fid,is:splits=2"];
  const trained = await gantry([...train, ...small, ...judge, "--processes", "2"], {
    cwd,
    environment: await freshHome("beside"),
  });
  assert.equal(trained.status, 0, trained.stderr);
  assert.match(trained.stderr, /^evaluated iteration 2 in /m);
  assert.doesNotMatch(trained.stderr, /failed/);
  const args = [
    "eval",
    "run",
    "--samples",
    "150",
    "--metrics",
    `${METRICS},${MISSING}`,
    "--test",
    "mnist:split=test",
    "--json",
  ];
  const reports = await Promise.all(
    [1, 3].map(async (processes) => {
      const command = [...args, "--out", `${processes}.json`, "--processes", String(processes)];
      const { status, stdout, stderr } = await gantry(command, {
        cwd,
        environment: await freshHome(`home${processes}`),
      });
      assert.equal(status, 0, stderr);
      return parseLines(stdout).at(-1) as unknown as Scored;
    }),
  );
  const [alone, ...others] = reports as [Scored, ...Scored[]];
  for (const { scores } of others) alike(scores, alone.scores);
  const events = parseLines(await readFile(join(cwd, "run/events.jsonl"), "utf8"));
  const { report } = events.find(({ event }) => event === "evaluation") as unknown as { report: Scored };
  const asked = report.scores.map(({ name }) => name);
  assert.deepEqual(asked, ["fid[digits-cnn]", "is[digits-cnn]"]);
  alike(
    report.scores,
    alone.scores.filter(({ name }) => asked.includes(name)),
  );
  // What they looked at is kept, and one goes on from there: nothing is looked at again.
  const kept = join(cwd, "home3/cache/features");
  assert.ok((await readdir(kept)).length >= 2);
  await rm(join(cwd, "home3/cache/statistics"), { recursive: true });
  const again = await gantry([...args, "--out", "again.json"], {
    cwd,
    environment: { GANTRY_HOME: join(cwd, "home3"), TORCH_HOME: cwd },
  });
  alike((parseLines(again.stdout).at(-1) as unknown as Scored).scores, alone.scores);
});
