// Trainings that are killed, for train/kill.test.ts and bench/kill.mjs.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pngSize } from "@gantry/formats";
import type { Config } from "../config/config.js";
import { listCheckpoints, readCheckpointFile } from "./checkpoint.js";
import { RunDirectory } from "./runDirectory.js";

export interface Ending {
  /** Whether it said that it was done. */
  readonly done: boolean;
  /** The last iteration it told of; 0 for none. */
  readonly iteration: number;
  /** What it said on standard error. */
  readonly errors: string;
}

/** Trains (or goes on) in a process of its own. @param kill is given the process at each line it says */
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
    else if (line !== "ready") iteration = Number(line);
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
