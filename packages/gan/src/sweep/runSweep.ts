import { importedSources } from "../core/base/plugins/plugins.js";
import type { PartSource } from "../core/base/plugins/source.js";
import { makeFolder } from "../core/run/claim.js";
import { RunLock } from "../core/run/lock.js";
import { keepSweep } from "./folder.js";
import { halve, type Round } from "./halving.js";
import { runTasks, type Task, type TaskEnd } from "./processes.js";
import { ProgressCount, type SweepProgress } from "./progress.js";
import { type Resources, shareOf } from "./shares.js";
import { standingOf } from "./standing.js";
import type { Sweep, SweepCell } from "./sweep.js";

/** What the process of a cell is given. */
export interface SweepOrder {
  /** The sweep's. */
  readonly folder: string;
  readonly cell: SweepCell;
  readonly until?: number | undefined;
  /** What its parent imported, for importAgain(). */
  readonly sources: readonly PartSource[];
}

export interface SweepOptions {
  /** Trainings at a time. */
  readonly jobs: number;
  readonly resources: Resources;
  /** Aborted, every training ends with a checkpoint; the same call goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /** Its event `save` asks for a checkpoint of every training that runs. */
  readonly requests?: EventTarget | undefined;
  /** Called once nothing is refused any more, before the first training. */
  readonly onBegin?: () => void;
  /** Called as a training comes further. */
  readonly onProgress?: (progress: SweepProgress) => void;
  /** Called as a cell ends, or is found to be done. */
  readonly onEnd?: (cell: SweepCell, end: CellEnd) => void;
  /** Called with what a training warns of. */
  readonly onWarning?: (cell: SweepCell, message: string) => void;
}

/** How a cell ended: `kept` was done before. */
export type CellEnd = TaskEnd<true>;

export interface SweepResult {
  readonly failed: readonly { readonly cell: SweepCell; readonly reason: string }[];
  /** Of successive halving; empty without. */
  readonly rounds: readonly Round[];
}

/**
 * Trains every cell of a sweep in a process of its own, into runs in a folder: what is done there already stays, and what was
 * interrupted goes on. A cell that fails does not end the others; the next call tries it again.
 * @throws UsageError where the folder holds another sweep, or another process trains it; the signal's reason when aborted
 */
export async function runSweep(folder: string, sweep: Sweep, options: SweepOptions): Promise<SweepResult> {
  await makeFolder(folder);
  const lock = await RunLock.acquire(folder, { signal: options.signal });
  try {
    await keepSweep(folder, sweep);
    options.onBegin?.();
    return await trainAll(folder, sweep, options);
  } finally {
    await lock.release();
  }
}

async function trainAll(folder: string, sweep: Sweep, options: SweepOptions): Promise<SweepResult> {
  const { cells, halving } = sweep;
  const { jobs, resources, signal, requests, onProgress, onEnd, onWarning } = options;
  const progress = new ProgressCount(
    cells.map(({ name, config }) => ({ name, steps: config.steps })),
    jobs,
  );
  const failed = new Map<SweepCell, string>();
  const sources = importedSources();
  const placeIn = new Map(cells.map((cell, place) => [cell, place]));
  const show = () => onProgress?.(progress.now());

  const train = async (members: readonly SweepCell[], untilOf: (cell: SweepCell) => number) => {
    // One that has failed is not asked for more.
    const able = members.filter((cell) => !failed.has(cell));
    const tasks = able.map((cell): Task<true> => {
      const until = untilOf(cell);
      return {
        // What is wrong with its run its own process tells.
        before: async () => {
          const standing = await standingOf(folder, cell, until).catch(() => undefined);
          return standing?.state === "done" ? true : undefined;
        },
        input: { folder, cell, until, sources } satisfies SweepOrder,
      };
    });
    const at = (place: number) => placeIn.get(able[place]!)!;
    for (const [place, cell] of able.entries()) progress.expect(at(place), untilOf(cell));
    await runTasks(
      new URL("./sweepChild.js", import.meta.url),
      tasks,
      {
        jobs,
        environment: (place) => shareOf(place, jobs, resources, process.env),
        signal,
        endThemselves: true,
        requests,
      },
      {
        onBegin: (place) => {
          progress.begin(at(place));
          show();
        },
        onMessage: (place, message) => {
          const { iteration, warning } = message as { iteration?: number; warning?: string };
          if (warning !== undefined) onWarning?.(able[place]!, warning);
          if (iteration === undefined) return;
          progress.report(at(place), iteration);
          show();
        },
        onEnd: (place, end) => {
          const cell = able[place]!;
          if (end.status === "failed") failed.set(cell, end.reason);
          progress.end(at(place), end.status, end.status === "failed" ? end.reason : undefined);
          onEnd?.(cell, end);
          show();
        },
      },
    );
  };

  let rounds: Round[] = [];
  if (halving === null) await train(cells, ({ config }) => config.steps);
  else
    rounds = await halve(folder, sweep, halving, train, (left) => {
      for (const cell of left) if (!failed.has(cell)) progress.end(placeIn.get(cell)!, "left off");
      show();
    });
  return { failed: [...failed].map(([cell, reason]) => ({ cell, reason })), rounds };
}
