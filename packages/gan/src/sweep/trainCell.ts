import { join } from "node:path";
import { RunError } from "../core/base/errors.js";
import type { DataContext } from "../core/data/index.js";
import { type Run, resumeRun, startRun } from "../train/train.js";
import type { StepReport } from "../train/trainer.js";
import { endingOf, standingOf, whenFree } from "./standing.js";
import type { SweepCell } from "./sweep.js";

export interface TrainCellOptions {
  /** The iteration to come to; default the cell's last. */
  readonly until?: number | undefined;
  /** Aborted, the training ends after the iteration under way, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
  readonly wantsCheckpoint?: (() => boolean) | undefined;
  readonly onReport?: (report: StepReport) => void;
  readonly onWarning?: (message: string) => void;
}

/**
 * The training of a cell: from the beginning, or from where it was left.
 * @param folder the sweep's
 * @param until the iteration that it is to come to; default the cell's last
 * @returns undefined where it has come there
 * @throws UsageError where its folder holds another run; what startRun() and resumeRun() throw
 */
export async function openCell(
  folder: string,
  cell: SweepCell,
  until: number | undefined,
  context: Partial<DataContext>,
): Promise<Run | undefined> {
  const path = join(folder, cell.name);
  await whenFree(folder, cell, context.signal);
  const { state } = await standingOf(folder, cell, until);
  if (state === "done") return undefined;
  return state === "new"
    ? await startRun(cell.config, path, context)
    : await resumeRun(path, undefined, context);
}

/**
 * Trains one cell of a sweep in this process. One that is done stays as it is.
 * @param folder the sweep's
 * @throws the signal's reason, with a checkpoint on the disk; what a training fails with; RunError for an evaluation that failed
 */
export async function trainCell(
  folder: string,
  cell: SweepCell,
  options: TrainCellOptions = {},
): Promise<void> {
  const { until, signal, wantsCheckpoint, onReport, onWarning } = options;
  const run = await openCell(folder, cell, until, {
    ...(onWarning === undefined ? {} : { onNotice: onWarning }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (run === undefined) return;
  let warning: string | undefined;
  try {
    for await (const report of run.reports({
      ...(signal === undefined ? {} : { signal }),
      ...(wantsCheckpoint === undefined ? {} : { wantsCheckpoint }),
      upTo: until,
      stopOn: cell.stopOn,
      onWarning: (message) => {
        warning = message;
        onWarning?.(message);
      },
    }))
      onReport?.(report);
  } finally {
    await run.trainer.close();
  }
  signal?.throwIfAborted();
  const ending = await endingOf(run.directory, cell);
  if (ending !== undefined) onWarning?.(`ended at iteration ${ending.noticed}: ${ending.finding.name}`);
  if ((await standingOf(folder, cell, until)).state !== "done")
    throw new RunError(warning ?? "its evaluation told nothing");
}
