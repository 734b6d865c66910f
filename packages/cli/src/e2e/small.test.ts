import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { pngSize, readFileBytes } from "@gantry/formats";
import { gantry, QUICK, refuse, succeed, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();

test("a run is told when it goes on with other threads, and how many samples there are", async () => {
  const environment = (threads: number) => ({
    cwd,
    real: true,
    environment: { OMP_NUM_THREADS: `${threads}` },
  });
  await succeed(["train", "gan", ...QUICK, "--steps", "4", "--out", "run"], environment(1));
  const forked = await succeed(["fork", "run", "--set", "steps=5", "--out", "two"], environment(2));
  assert.match(forked.stderr, /run was begun with 1 thread, and goes on with 2: the bits will not be/);
  const same = await succeed(["fork", "run", "--set", "steps=5", "--out", "one"], environment(1));
  assert.doesNotMatch(same.stderr, /was begun with/);
  const one = await succeed(["sample", "run", "--count", "1", "--out", "one.npy"], { cwd });
  assert.match(one.stdout, /one\.npy: 1 point of run/);
  const many = await succeed(["sample", "run", "--count", "1e3", "--out", "many.npy"], { cwd });
  assert.match(many.stdout, /many\.npy: 1,000 points of run/);
});

test("a million points make a picture", async () => {
  await succeed(["sample", "run", "--count", "1e6", "--out", "million.png"], { cwd });
  assert.deepEqual(pngSize(await readFileBytes(join(cwd, "million.png"))), {
    width: 480,
    height: 480,
    channels: 4,
  });
});

test("a folder that has a data set's name is said", async () => {
  await mkdir(join(cwd, "ring"));
  const { stderr } = await gantry(
    ["train", "gan", ...QUICK, "--steps", "1", "--data", "ring", "--out", "beside"],
    {
      cwd,
    },
  );
  assert.match(
    stderr,
    /'ring' is the known data set, and there is a file or folder of that name here too; for that one say \.\/ring/,
  );
  await refuse(["train", "gan", "--data", "./ring", "--steps", "1"], 1, /ring/, { cwd });
});

test("advice is in the command's words", async () => {
  await refuse(
    ["train", "dcgan", "--set", "data.size=30", "--data", "./ring", "--dry-run"],
    2,
    /of 28, 32, 48, 64 pixels, not \[3,30,30\]; --set data\.size=28$/m,
    { cwd },
  );
  const labelled = ["train", "began", "--data", "mnist", "--set", "conditional=true"];
  await refuse([...labelled, "--dry-run"], 2, /--set conditional=false/, { cwd });
});
