import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { DataContext } from "@gantry/gan";
import type { Resources, Sweep, SweepResult } from "@gantry/gan/sweep";
import { UsageProblem } from "./errors.js";
import { FOUND } from "./findings.js";
import type { Output } from "./output.js";
import { describeComparison } from "./render/comparison.js";
import { amount, duration, shellWord } from "./render/format.js";
import { Interrupted, Interruption } from "./signals.js";

/** What this machine has for trainings. */
export async function resourcesHere(): Promise<Resources> {
  const { deviceCount, machine } = await import("@gantry/torch");
  return { threads: machine().threads, devices: deviceCount("cuda") };
}

/**
 * Trains the cells of a sweep to the end or to Ctrl-C, showing how far they are, and compares them.
 * @param notes what is worth knowing of it
 * @param wished trainings at a time; default one, or one for each graphics processor
 * @returns the exit status: 1 where a cell failed
 */
export async function sweepAndShow(
  output: Output,
  folder: string,
  sweep: Sweep,
  notes: readonly string[],
  wished: number | undefined,
): Promise<number> {
  const { runSweep } = await import("@gantry/gan/sweep");
  const { reporter } = output;
  const { cells } = sweep;
  const resources = await resourcesHere();
  const usesDevices = cells.some(({ config }) => config.device === "cuda");
  const jobs = Math.min(cells.length, wished ?? (usesDevices ? Math.max(1, resources.devices) : 1));
  const requests = new EventTarget();
  const interruption = new Interruption({
    onFirst: () =>
      reporter.note(
        "Stopping: each training saves a checkpoint. The same command goes on from here. Ctrl-C again stops at once.",
      ),
    onWarning: (signal) => {
      reporter.note(`${signal}: each training writes a checkpoint, and goes on.`);
      requests.dispatchEvent(new Event("save"));
    },
  });
  const began = performance.now();
  let ended = 0;
  try {
    const result = await runSweep(folder, sweep, {
      jobs,
      resources: usesDevices ? resources : { ...resources, devices: 0 },
      signal: interruption.signal,
      requests,
      onBegin: () => {
        for (const note of notes) reporter.note(note);
        const names = cells.map(({ name }) => name);
        if (output.json) output.printJson({ event: "sweep", folder, cells: names, jobs });
        else
          reporter.note(
            `${sweep.name}: ${amount(cells.length, "cells")}, ${jobs} at a time; everything goes to ${folder}`,
          );
      },
      onProgress: (progress) => reporter.cells(progress),
      onEnd: ({ name }, end) => {
        const state = end.status === "failed" ? "failed" : end.kept ? "kept" : "done";
        const reason = end.status === "failed" ? end.reason : undefined;
        ended++;
        if (output.json) output.printJson({ event: "cell", name, state, reason });
        else if (sweep.halving !== null)
          reporter.note(`${name}: ${state}${reason === undefined ? "" : `: ${reason}`}`);
        else
          reporter.note(
            `${ended}/${cells.length} ${name}: ${state}${reason === undefined ? "" : `: ${reason}`}`,
          );
      },
      onWarning: ({ name }, message) => reporter.warning(`${name}: ${message}`),
    });
    reporter.clear();
    reporter.note(`${amount(cells.length, "cells")}, ${duration((performance.now() - began) / 1000)}.`);
    await showResult(output, folder, sweep, result);
    return result.failed.length === 0 ? 0 : 1;
  } catch (error) {
    if (interruption.signal.aborted && error instanceof Interrupted) return interruption.status;
    throw error;
  } finally {
    interruption.release();
  }
}

/** The comparison of what was trained, what successive halving left off, and what failed, by name. */
async function showResult(
  output: Output,
  folder: string,
  { cells }: Sweep,
  { failed }: SweepResult,
): Promise<void> {
  const { compareRuns, readRun } = await import("@gantry/gan");
  const { describeHalving } = await import("@gantry/gan/sweep");
  const words = await import("@gantry/gan/compare");
  const paths = cells.map(({ name }) => join(folder, name));
  const isRun = async (path: string) =>
    (await stat(join(path, "config.json")).catch(() => undefined)) !== undefined;
  const there = await Promise.all(paths.map(isRun));
  const runs = await Promise.all(paths.filter((_, i) => there[i]).map((path) => readRun(path)));
  const comparison = compareRuns(runs);
  const notes = await describeHalving(folder);
  const names = failed.map(({ cell: { name }, reason }) => ({ name, reason }));
  if (output.json) {
    output.printJson({ event: "comparison", folder, failed: names, notes, ...comparison });
    return;
  }
  const failures =
    names.length === 0
      ? []
      : [
          [
            output.style.bad(
              `${names.length} of ${amount(cells.length, "cells")} failed; the same command tries them again:`,
            ),
            ...names.map(({ name, reason }) => `  ${name}: ${reason}`),
          ].join("\n"),
        ];
  const tables = runs.length === 0 ? [] : [describeComparison(comparison, output, words)];
  const next = `The same as a page, with curves and samples: gantry compare ${shellWord(folder)} --html ${shellWord(`${folder}.html`)}`;
  output.print([...tables, ...notes, ...failures, ...(runs.length === 0 ? [] : [next])].join("\n\n"));
}

/** Trains one cell in this process, as `gantry train` and `gantry resume` do. */
export async function sweepCell(output: Output, folder: string, index: string): Promise<number> {
  const { openCell, readSweep, standingOf } = await import("@gantry/gan/sweep");
  const sweep = await readSweep(folder);
  if (sweep === undefined)
    throw new UsageProblem(
      `${folder}: no sweep (no sweep.json); 'gantry sweep' makes one, with --slurm or --kubernetes`,
    );
  const { cells } = sweep;
  const cell = /^\d+$/.test(index) ? cells[Number(index)] : undefined;
  if (cell === undefined)
    throw new UsageProblem(
      `${index}: the sweep has ${amount(cells.length, "cells")}, 0 to ${cells.length - 1}`,
    );
  if ((await standingOf(folder, cell)).state === "done") {
    output.reporter.note(`${cell.name} is done.`);
    return 0;
  }
  const { trainAndShow } = await import("./training.js");
  const open = async (context: Partial<DataContext>) => {
    const run = await openCell(folder, cell, undefined, context);
    if (run === undefined) throw new UsageProblem(`${cell.name}: another process has just ended it`);
    return run;
  };
  const status = await trainAndShow(output, open, false, cell);
  // Ended by a finding, as the sweep has it: that is no failure of the task.
  if (status === FOUND) return 0;
  if (status !== 0) return status;
  const { RunError } = await import("@gantry/gan");
  if ((await standingOf(folder, cell)).state !== "done")
    throw new RunError(`${cell.name}: its evaluation failed; the same command tries it again`);
  return 0;
}
