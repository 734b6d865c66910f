import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../core/base/json.js";
import { importedSources } from "../core/base/plugins/plugins.js";
import { RunLock } from "../core/run/lock.js";

/** One measurement: a method on a problem with a seed. Plain JSON: it goes to a process of its own. */
export interface Cell {
  readonly problem: string;
  readonly method: string;
  readonly seed: number;
  /** All that the measurement depends on, beside the seed. */
  readonly work: JsonObject;
}

/** What became of a cell. */
export type Outcome<Result> = { readonly cell: Cell } & (
  | { readonly status: "done"; readonly result: Result }
  | { readonly status: "failed"; readonly reason: string }
);

export type Done<Result> = Extract<Outcome<Result>, { status: "done" }>;

export const isDone = <Result>(outcome: Outcome<Result>): outcome is Done<Result> =>
  outcome.status === "done";

export interface RunOptions {
  /** Where each cell's outcome is kept, one JSON file each; what lies there already is not measured again. */
  readonly folder: string;
  /** Processes at a time, each of one thread. */
  readonly jobs: number;
  /** Whether cells that are done keep their folders. Default false. */
  readonly keepsWork?: boolean | undefined;
  /** Ends the running processes; cells that are done stay done. */
  readonly signal?: AbortSignal;
  /** Called as each cell ends. */
  readonly onOutcome?: (outcome: Outcome<unknown>, done: number, total: number, kept: boolean) => void;
  /** Called with what a running cell tells of itself. */
  readonly onProgress?: (cell: Cell, message: string) => void;
}

/**
 * Measures cells in processes of their own. A cell that fails is recorded with the reason, and does not stop the others;
 * it is tried again the next time.
 * @param script what a process runs: with `study`, the cell's folder and what this process imported (for importAgain) as arguments, and the cell as JSON on standard input. It
 * tells the result as JSON on standard output, and its progress by messages
 * @throws the signal's reason when it is aborted; UsageError when another process measures in the same folder
 */
export async function runCells(
  script: URL,
  study: string,
  cells: readonly Cell[],
  options: RunOptions,
): Promise<Outcome<unknown>[]> {
  const { folder, signal } = options;
  await mkdir(folder, { recursive: true });
  const lock = await RunLock.acquire(folder, { signal });
  try {
    return await measureAll(script, study, cells, options);
  } finally {
    await lock.release();
  }
}

async function measureAll(
  script: URL,
  study: string,
  cells: readonly Cell[],
  options: RunOptions,
): Promise<Outcome<unknown>[]> {
  const { folder, jobs, keepsWork = false, signal, onOutcome } = options;
  const outcomes: Outcome<unknown>[] = new Array(cells.length);
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let i = next++; i < cells.length; i = next++) {
      signal?.throwIfAborted();
      const cell = cells[i] as Cell;
      const place = join(folder, `${cell.problem}-${cell.method}-${cell.seed}`);
      const file = `${place}.json`;
      const before = await readOutcome(file, cell);
      const outcome = before ?? (await measureInChild(script, study, cell, `${place}.work`, options));
      if (before === undefined) {
        // Whole or not at all, whenever the study is interrupted.
        await writeFile(`${file}.part`, JSON.stringify(outcome));
        await rename(`${file}.part`, file);
        if (outcome.status === "done" && !keepsWork)
          await rm(`${place}.work`, { recursive: true, force: true });
      }
      outcomes[i] = outcome;
      onOutcome?.(outcome, ++done, cells.length, before !== undefined);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, work));
  return outcomes;
}

/** The outcome that a file holds, if it is of this very cell and was measured. */
async function readOutcome(file: string, cell: Cell): Promise<Outcome<unknown> | undefined> {
  try {
    const outcome = JSON.parse(await readFile(file, "utf8")) as Outcome<unknown>;
    return outcome.status === "done" && JSON.stringify(outcome.cell) === JSON.stringify(cell)
      ? outcome
      : undefined;
  } catch {
    return undefined;
  }
}

async function measureInChild(
  script: URL,
  study: string,
  cell: Cell,
  workplace: string,
  { signal, onProgress }: RunOptions,
): Promise<Outcome<unknown>> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(script), study, workplace, JSON.stringify(importedSources())],
    {
      stdio: ["pipe", "pipe", "pipe", "ipc"],
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    },
  );
  child.on("message", (message) => onProgress?.(cell, String(message)));
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  // A child that dies early closes its input; why, its exit tells.
  child.stdin!.on("error", () => {});
  child.stdin!.end(JSON.stringify(cell));
  const ended = new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (status, killed) =>
      resolve(status === 0 ? undefined : killed === null ? `exit status ${status}` : `ended by ${killed}`),
    );
  });
  const [failure, stdout, stderr] = await Promise.all([ended, text(child.stdout!), text(child.stderr!)]);
  signal?.removeEventListener("abort", kill);
  signal?.throwIfAborted();
  if (failure === undefined) {
    try {
      return { cell, status: "done", result: JSON.parse(stdout) as unknown };
    } catch {
      return { cell, status: "failed", reason: "its process told no result" };
    }
  }
  return { cell, status: "failed", reason: stderr.trim().split("\n").at(-1) || failure };
}

/** Every outcome that lies in a folder, of whatever requests; files that are none are passed over. */
export async function readCells(folder: string): Promise<Outcome<unknown>[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  const outcomes: Outcome<unknown>[] = [];
  for (const name of names) {
    try {
      outcomes.push(JSON.parse(await readFile(join(folder, name), "utf8")) as Outcome<unknown>);
    } catch {
      // Half-written files have another ending; this one is not ours.
    }
  }
  return outcomes;
}
