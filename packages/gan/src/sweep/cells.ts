import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../core/base/json.js";
import { importedSources } from "../core/base/plugins/plugins.js";
import type { PartSource } from "../core/base/plugins/source.js";
import { RunLock } from "../core/run/lock.js";
import { runTasks, type Task } from "./processes.js";

/** One measurement: a method on a problem with a seed. Plain JSON: it goes to a process of its own. */
export interface Cell {
  readonly problem: string;
  readonly method: string;
  readonly seed: number;
  /** All that the measurement depends on, beside the seed. */
  readonly work: JsonObject;
  /**
   * Stands for the work where several studies have the same: what lies in the folder under it is taken, whatever it was called
   * there. Letters and digits. Default: the names are what it lies under.
   */
  readonly key?: string;
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
  /** Whether cells hear the signal and save where they are; otherwise their processes are killed. Default false. */
  readonly endsItself?: boolean | undefined;
  /** Ends the running processes; cells that are done stay done. */
  readonly signal?: AbortSignal;
  /** Called as each cell ends. */
  readonly onOutcome?: (outcome: Outcome<unknown>, done: number, total: number, kept: boolean) => void;
  /** Called with what a running cell tells of itself. */
  readonly onProgress?: (cell: Cell, message: string) => void;
}

/** What the process of a cell is given. */
export interface CellOrder {
  readonly study: string;
  readonly cell: Cell;
  /** The cell's own. */
  readonly folder: string;
  /** Whether it hears a wish to end. */
  readonly endsItself: boolean;
  /** What its parent imported, for importAgain(). */
  readonly sources: readonly PartSource[];
}

/**
 * Measures cells in processes of their own. A cell that fails is recorded with the reason, and does not stop the others;
 * it is tried again the next time.
 * @param script what a process runs: it is given a {@link CellOrder}, and tells the result, by serveParent()
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
  { folder, jobs, keepsWork = false, endsItself = false, signal, onOutcome, onProgress }: RunOptions,
): Promise<Outcome<unknown>[]> {
  const sources = importedSources();
  const placeOf = (cell: Cell) => join(folder, nameOf(cell));
  const tasks = cells.map((cell): Task<unknown> => {
    const input: CellOrder = { study, cell, folder: `${placeOf(cell)}.work`, endsItself, sources };
    return { before: () => readResult(`${placeOf(cell)}.json`, cell), input };
  });
  const outcomes: Outcome<unknown>[] = new Array(cells.length);
  let done = 0;
  const environment = () => ({ OMP_NUM_THREADS: "1" });
  await runTasks(
    script,
    tasks,
    { jobs, environment, signal, endThemselves: endsItself },
    {
      onMessage: (i, message) => onProgress?.(cells[i]!, String(message)),
      onEnd: async (i, end) => {
        const cell = cells[i]!;
        const outcome: Outcome<unknown> =
          end.status === "done"
            ? { cell, status: "done", result: end.result }
            : { cell, status: "failed", reason: end.reason };
        const kept = end.status === "done" && end.kept;
        if (!kept) {
          const file = `${placeOf(cell)}.json`;
          // Whole or not at all, whenever the study is interrupted.
          await writeFile(`${file}.part`, JSON.stringify(outcome));
          await rename(`${file}.part`, file);
          if (outcome.status === "done" && !keepsWork)
            await rm(`${placeOf(cell)}.work`, { recursive: true, force: true });
        }
        outcomes[i] = outcome;
        onOutcome?.(outcome, ++done, cells.length, kept);
      },
    },
  );
  return outcomes;
}

/** What a cell lies under. */
const nameOf = ({ problem, method, seed, key }: Cell): string => key ?? `${problem}-${method}-${seed}`;

const isSame = (kept: Cell, asked: Cell): boolean =>
  asked.key === undefined ? JSON.stringify(kept) === JSON.stringify(asked) : kept.key === asked.key;

/** The result that a file holds, if it is of this very cell and was measured. */
async function readResult(file: string, cell: Cell): Promise<unknown> {
  try {
    const outcome = JSON.parse(await readFile(file, "utf8")) as Outcome<unknown>;
    return outcome.status === "done" && isSame(outcome.cell, cell) ? outcome.result : undefined;
  } catch {
    return undefined;
  }
}

/** Of these cells, what lies in a folder and was measured. */
export async function readDone(folder: string, cells: readonly Cell[]): Promise<Done<unknown>[]> {
  const done: Done<unknown>[] = [];
  for (const cell of cells) {
    const result = await readResult(join(folder, `${nameOf(cell)}.json`), cell);
    if (result !== undefined) done.push({ cell, status: "done", result });
  }
  return done;
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
