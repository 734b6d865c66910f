import { spawn } from "node:child_process";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { lockHolder } from "@gantry/gan/run";
import { Refusal } from "./refusal.js";
import type { ListedRun } from "./runs/row.js";

/** The folder for runs that are thrown away, in the studio's: the list does not look into it. */
export const BIN = ".bin";

/**
 * Asks a training to stop, as Ctrl-C does: it saves a checkpoint first.
 * @throws Refusal where its process is not one of this machine's, for certain
 */
export function stop(run: ListedRun): string {
  const holder = lockHolder(run.path);
  if (holder?.life === "dead" || holder?.life === "free") throw new Refusal("It is not running any more.");
  if (holder?.life !== "alive" || holder.pid === undefined)
    throw new Refusal("Its process is on another machine or in a container: stop it there.");
  process.kill(holder.pid, "SIGTERM");
  return "It was asked to stop, and saves a checkpoint first.";
}

/**
 * Moves a run into the bin, from which a person may take it back.
 * @throws Refusal where somebody writes into it
 */
export async function throwAway(run: ListedRun, folder: string): Promise<string> {
  const life = lockHolder(run.path)?.life;
  await run.refresh();
  const { state } = run.row([]);
  if (life === "alive" || state === "running" || state === "stalled")
    throw new Refusal("It is running: stop it first.");
  await mkdir(join(folder, BIN), { recursive: true });
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const target = join(folder, BIN, `${basename(run.path)}-${stamp}`);
  await rename(run.path, target);
  return `It lies in ${target} now.`;
}

/** Milliseconds after which a command that has not failed is taken to run. */
const BEGUN = 4000;

/**
 * Begins a command of Gantry's that outlives the studio.
 * @param gantry the program and its first words
 * @throws Refusal with what it said, where it fails at once
 */
export async function begin(
  gantry: readonly string[],
  words: readonly string[],
  folder: string,
): Promise<string> {
  const log = join(tmpdir(), `gantry-studio-${process.pid}-${Date.now()}.log`);
  const handle = await open(log, "w", 0o600);
  const [program = "", ...first] = gantry;
  const child = spawn(program, [...first, ...words], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "ignore", handle.fd],
  });
  await handle.close();
  const ended = new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("exit", (status) => resolve(status));
  });
  let timer: NodeJS.Timeout | undefined;
  const begun = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), BEGUN);
  });
  const status = await Promise.race([ended, begun]);
  clearTimeout(timer);
  child.unref();
  const told = (await readFile(log, "utf8").catch(() => "")).trim();
  await rm(log, { force: true });
  if (status !== undefined && status !== 0)
    throw new Refusal(told.split("\n").at(-1) || `It ended with status ${status}.`);
  return status === 0 ? "It is done." : `It has begun, as process ${child.pid}.`;
}
