// What the parts of `npm run kill` share: the command in processes of its own, and where their runs stand.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "../shared.mjs";

export const program = join(root, "packages/cli/bin/gantry.mjs");

/** Settings of a training that takes no time to speak of; its checkpoints are those of its end. */
export const QUICK = [
  ...["--preset", "small", "--set", "data.count=500", "--set", "samples=1", "--threads", "1"],
  ...["--set", "net.generatorHidden=[8]", "--set", "net.discriminatorHidden=[8]", "--batch", "8"],
  ...[
    "--set",
    "intervals.log=1",
    "--set",
    "intervals.sample=1000000",
    "--set",
    "intervals.checkpoint=1000000",
  ],
];

/** Starts a program that leads a process group of its own. */
export function begin(command, args, options = {}) {
  const environment = { ...process.env, OMP_NUM_THREADS: "1", _: "" };
  // As from a shell, and not from npm, which started this script.
  for (const name of Object.keys(environment)) if (/^npm_/i.test(name)) delete environment[name];
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: environment,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  child.stdin.on("error", () => {});
  const ended = new Promise((resolve) =>
    child.on("close", (status, signal) => resolve({ status, signal, said })),
  );
  return { child, ended };
}

/** The last iteration that a run tells of; 0 before the first. */
export function lastIteration(run) {
  const file = join(run, "events.jsonl");
  if (!existsSync(file)) return 0;
  const lines = readFileSync(file, "utf8").split("\n");
  for (const line of lines.reverse()) {
    try {
      const { iteration } = JSON.parse(line);
      if (iteration !== undefined) return iteration;
    } catch {
      // The last one may be under way.
    }
  }
  return 0;
}

/** Iterations of the checkpoints of a run, ascending. */
export function checkpoints(run) {
  const folder = join(run, "checkpoints");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => (/^step-\d+$/.test(name) ? [Number(name.slice(5))] : []))
    .sort((a, b) => a - b);
}

export function stateOf(run) {
  try {
    return JSON.parse(readFileSync(join(run, "heartbeat.json"), "utf8")).state;
  } catch {
    return undefined;
  }
}

/** Waits until something holds, a minute at most. @returns whether it came about */
export async function until(holds) {
  for (const began = performance.now(); !holds(); await setTimeout(20))
    if (performance.now() - began > 60_000) return false;
  return true;
}
