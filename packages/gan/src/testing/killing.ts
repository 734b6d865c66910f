// Trainings that are killed, for train/kill.test.ts and scripts/kill/killed.mjs.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pngSize } from "@gantry/formats";
import type { Config } from "../core/config/schema.js";
import type { Random } from "../core/data/index.js";
import { checkpointName, listCheckpoints, readCheckpointFile } from "../core/run/checkpoints.js";
import { RunDirectory, standing } from "../core/run/directory.js";
import { startRun } from "../train/train.js";

export interface Ending {
  /** Whether it said that it was done. */
  readonly done: boolean;
  /** The last iteration it told of; 0 for none. */
  readonly iteration: number;
  /** What it said on standard error. */
  readonly errors: string;
}

/**
 * Trains (or goes on) in a process of its own.
 * @param kill is given the process at each line it says
 */
export async function trainInChild(
  path: string,
  config: Config,
  kill: (child: ChildProcess, line: string) => void = () => {},
): Promise<Ending> {
  const configFile = `${path}.config.json`;
  await writeFile(configFile, JSON.stringify(config));
  const script = fileURLToPath(new URL("./trainChild.js", import.meta.url));
  const child = spawn(process.execPath, [script, path, configFile], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  let iteration = 0;
  let done = false;
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "done") done = true;
    else if (/^\d+$/.test(line)) iteration = Number(line);
    kill(child, line);
  }
  await closed;
  return { done, iteration, errors };
}

/**
 * Reads everything a reader of a run may look at, just after its writer was killed.
 * @throws for anything that is half written
 */
export async function readEverything(path: string): Promise<void> {
  if ((await stat(join(path, "config.json")).catch(() => undefined)) === undefined) return;
  const run = await RunDirectory.open(path);
  const beat = await readFile(join(path, "heartbeat.json"), "utf8").catch(() => undefined);
  if (beat !== undefined) JSON.parse(beat);
  await run.readEvents();
  for (const name of await readdir(run.samples))
    if (!name.startsWith(".")) pngSize(await readFile(join(run.samples, name)));
  for (const iteration of await listCheckpoints(run.checkpoints)) {
    const { folder } = await run.checkpoint(iteration);
    for (const name of await readdir(folder))
      if (name.endsWith(".safetensors") && (await readCheckpointFile(folder, name)) === undefined)
        throw new Error(`${folder}/${name} is in no list of its checkpoint`);
  }
}

/** SHA-256 of every file of a run that the seed alone decides: checkpoints and sample pictures. */
export async function outcome(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const part of ["checkpoints", "samples"]) {
    const entries = await readdir(join(path, part), { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = join(entry.parentPath, entry.name);
      found[file.slice(path.length + 1)] = createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
    }
  }
  return Object.fromEntries(Object.entries(found).sort());
}

/** Evaluations that are left out since the one before takes its time: a matter of the machine's speed. */
const IN_TIME = /^evaluations take longer than/;

/** Iterations whose evaluation stands in a run's events more than once. */
async function evaluatedTwice(path: string): Promise<string[]> {
  const events = standing(await (await RunDirectory.open(path)).readEvents());
  const found = events.flatMap(({ event, iteration }) => (event === "evaluation" ? [iteration] : []));
  return found
    .filter((iteration, i) => found.indexOf(iteration) !== i)
    .map((iteration) => `evaluation of ${iteration}`);
}

export interface KillReport {
  readonly kills: number;
  /** Kills by when they came: before the run had its config.json, before its first checkpoint, later. */
  readonly moments: { readonly unborn: number; readonly early: number; readonly later: number };
  /** Half-written folders of checkpoints that the kills left behind: moments in the middle of writing one. */
  readonly torn: number;
  /** Files in which the run differs from one that was left alone. */
  readonly different: readonly string[];
}

/**
 * Trains, killing the process (SIGKILL) at `kills` random moments, each time reading all there is and going on; lets it
 * finish, and compares it with the same training left alone.
 * @throws when anything half written is read, or a run cannot be resumed
 */
export async function killRepeatedly(
  config: Config,
  folder: string,
  kills: number,
  random: Random,
  onKill: (kill: number, iteration: number) => void = () => {},
): Promise<KillReport> {
  const path = join(folder, "killed");
  const moments = { unborn: 0, early: 0, later: 0 };
  let torn = 0;
  for (let kill = 0; kill < kills; kill++) {
    // One in five right after the start, the others some way into training: by a clock, wherever that strikes.
    const early = random.uniform() < 0.2;
    const after = early ? 1000 * random.uniform() : 200 * random.uniform();
    const { done, errors } = await trainInChild(path, config, (child, line) => {
      if (line === (early ? "ready" : "begun")) setTimeout(() => child.kill("SIGKILL"), after);
    });
    if (done) throw new Error(`the run was over before kill ${kill + 1}: give it more steps`);
    const said = errors.split("\n").filter((line) => line !== "" && !IN_TIME.test(line));
    if (said.length > 0) throw new Error(`the training said: ${said.join("\n")}`);
    await readEverything(path);
    const checkpoints = join(path, "checkpoints");
    const born = (await stat(join(path, "config.json")).catch(() => undefined)) !== undefined;
    const iterations = await listCheckpoints(checkpoints);
    moments[!born ? "unborn" : iterations.length === 0 ? "early" : "later"]++;
    const left = await readdir(checkpoints).catch(() => [] as string[]);
    torn += left.filter((name) => name.startsWith(".writing-")).length;
    onKill(kill + 1, iterations.at(-1) ?? 0);
  }
  const last = await trainInChild(path, config);
  if (!last.done) throw new Error(`the run could not be finished: ${last.errors}`);
  const alone = join(folder, "alone");
  const run = await startRun(config, alone);
  for await (const _ of run.reports());
  await run.trainer.close();
  const [one, other] = [await outcome(path), await outcome(alone)];
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  // Which checkpoint is the best one hangs on which evaluations were in time: it is spared beside the newest.
  const isNewest = (name: string) =>
    config.evaluation === null ||
    name.includes(checkpointName(config.steps)) ||
    !name.startsWith("checkpoints");
  const different = [...names].filter((name) => isNewest(name) && one[name] !== other[name]);
  return { kills, moments, torn, different: [...different, ...(await evaluatedTwice(path))] };
}
