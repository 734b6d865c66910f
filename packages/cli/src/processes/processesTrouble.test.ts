import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { distributed } from "@gantry/torch";
import { writeDigits } from "../testing/digits.js";
import { gantry, QUICK, start, temporaryFolder } from "../testing/harness.js";

const cwd = temporaryFolder();
const skip = !distributed.hasGroups()
  ? "this build has no process groups: gloo's headers were not there"
  : process.platform !== "linux" && "who is whose child is asked of /proc";
mkdirSync(join(cwd, "node_modules"));
symlinkSync(
  fileURLToPath(new URL("../../../../node_modules/@gantry", import.meta.url)),
  join(cwd, "node_modules/@gantry"),
);

// A term of the user's own, by which rank 1 stands still for some milliseconds in its third iteration.
writeFileSync(
  join(cwd, "slow.mjs"),
  `import { defineTerm, z } from "@gantry/gan";
import { distributed } from "@gantry/torch";
export default defineTerm({
  name: "slow", summary: "stands still", source: "none", kind: "regularizer",
  options: z.strictObject({ milliseconds: z.number(), weight: z.number().default(1) }),
  make: ({ milliseconds }) => ({
    loss(player, play) {
      if (player === "generator" && play.iteration === 2 && distributed.rank() === 1)
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
      return undefined;
    },
  }),
});
`,
);
const train = (out: string, ...more: string[]) => [
  "train",
  "gan",
  ...QUICK,
  "--processes",
  "2",
  "--out",
  out,
  ...more,
];
const complaints = (stderr: string) => stderr.match(/^gantry: .*$/gm);

test("a slow process is awaited as long as is said, and who waited in vain says why", { skip }, async () => {
  const slow = (milliseconds: number) => [
    "--steps",
    "4",
    "--with",
    `./slow.mjs:milliseconds=${milliseconds}`,
  ];
  const [patient, hasty] = await Promise.all([
    gantry(train("patient", ...slow(3000)), { cwd }),
    gantry(train("hasty", ...slow(20_000), "--rank-timeout", "0.05"), { cwd }),
  ]);
  assert.equal(patient.status, 0, patient.stderr);
  assert.equal(hasty.status, 1);
  assert.deepEqual(complaints(hasty.stderr), [
    "gantry: another of the processes did not answer within 3 s: it is slow, or cut off; --rank-timeout MINUTES lets it take longer",
  ]);
  const { status, stderr } = await gantry(train("none", "--rank-timeout", "soon"), { cwd });
  assert.equal(status, 2);
  assert.match(stderr, /^gantry: --rank-timeout is in minutes/);
});

/** Processes that a launcher started, in order of their ranks. */
const childrenOf = (pid: number | undefined) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);

const checkpointOf = (run: string) => join(cwd, run, "checkpoints");

test("Ctrl-C, a signal to the launcher or to any process stops all with a checkpoint", {
  skip,
}, async () => {
  const signalled = async (name: string, signal: NodeJS.Signals, whom: number | "terminal" | "launcher") => {
    const { child, finished } = start(
      train(name, "--steps", "1000000", "--set", "intervals.checkpoint=20"),
      { cwd },
      true,
    );
    while (child.exitCode === null && !existsSync(join(checkpointOf(name), "step-000020")))
      await setTimeout(50);
    // A terminal sends Ctrl-C to all of its processes.
    if (whom === "terminal") process.kill(-(child.pid as number), signal);
    else if (whom === "launcher") child.kill(signal);
    else process.kill(childrenOf(child.pid)[whom] as number, signal);
    const { status, stderr } = await finished;
    const heartbeat = JSON.parse(readFileSync(join(cwd, name, "heartbeat.json"), "utf8")) as {
      state: string;
    };
    return { status, state: heartbeat.state, complaints: complaints(stderr) };
  };
  const found = [
    await signalled("all", "SIGINT", "terminal"),
    await signalled("launcher", "SIGINT", "launcher"),
    await signalled("second", "SIGTERM", 1),
  ];
  assert.deepEqual(
    found.map(({ status }) => status),
    [130, 130, 143],
  );
  for (const { state, complaints } of found) assert.deepEqual([state, complaints], ["stopped", null]);
});

test("a finding ends all processes by --stop-on, and --on-finding runs once", { skip }, async () => {
  await writeDigits(join(cwd, "mnist"), { train: 64, t10k: 10 });
  const args = [
    "train",
    "dcgan",
    "--preset",
    "small",
    "--data",
    "mnist/train-images-idx3-ubyte",
    "--batch",
    "8",
  ];
  const few = ["--set", "net.channels=2", "--set", "samples=4", "--processes", "2", "--out", "few"];
  const asked = ["--stop-on", "few-images", "--on-finding", `echo found $RANK >> '${join(cwd, "told")}'`];
  const { status, stdout, stderr } = await gantry([...args, ...few, ...asked], { cwd });
  assert.equal(status, 3, stderr);
  assert.equal(complaints(stderr), null);
  assert.match(stdout, /^Stopped after 0 of/m);
  assert.equal(readFileSync(join(cwd, "told"), "utf8"), "found\n");
});
