import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { RunError } from "../base/errors.js";
import { isObject, type JsonObject } from "../base/json.js";
import type { Config } from "../config/schema.js";
import { POINTS_PER_IMAGE } from "../config/schema.js";
import { completeData } from "../data/registry.js";
import { type Curve, curvesOf } from "./curves.js";
import {
  type CheckpointChoice,
  lastPointScores,
  RunDirectory,
  type RunEvent,
  standing,
} from "./directory.js";
import { type RunScore, scoresIn } from "./scores.js";

/** What a run directory tells of its run. */
export interface RunSummary {
  /** As it was given, with `@STEP` where a checkpoint was chosen. */
  readonly path: string;
  /** Likewise. */
  readonly name: string;
  /** As config.json has it, the defaults of its data filled in. */
  readonly config: Config;
  /** Versions and origin. */
  readonly origin: JsonObject;
  readonly status: string;
  /** Iterations done. */
  readonly iteration: number;
  readonly imagesSeen: number | undefined;
  /** Wall time of training, without what was given up by a resume from an earlier checkpoint. */
  readonly seconds: number | undefined;
  readonly curves: ReadonlyMap<string, Curve>;
  /** The latest of every name. */
  readonly scores: readonly RunScore[];
  /** The last picture of samples. */
  readonly sample: { readonly file: string; readonly iteration: number } | undefined;
}

/**
 * Reads a run, whether it is done, stopped or under way.
 * @param choice a checkpoint: the run as it stood there, with the scores of that checkpoint alone
 * @throws UsageError for a folder that is no run, or a checkpoint that is not there; RunError for a damaged report.json
 */
export async function readRun(path: string, choice?: CheckpointChoice): Promise<RunSummary> {
  const run = await RunDirectory.open(path);
  const chosen = choice === undefined ? undefined : (await run.checkpoint(choice)).iteration;
  const end = chosen ?? Number.POSITIVE_INFINITY;
  const events = (await run.readEvents()).filter(({ iteration = 0 }) => iteration <= end);
  return await summariseRun(run, events, curvesOf(events), chosen);
}

/**
 * What a run tells, by events that are known already.
 * @param events all, or of every stretch between two resumes the last scalars, and what is no scalars
 * @param curves every scalar
 * @param chosen a checkpoint, where the run is told as it stood there
 * @throws RunError for a damaged report.json
 */
export async function summariseRun(
  run: RunDirectory,
  events: readonly RunEvent[],
  curves: RunSummary["curves"],
  chosen?: number,
): Promise<RunSummary> {
  const { path } = run;
  const end = chosen ?? Number.POSITIVE_INFINITY;
  const mark = chosen === undefined ? "" : `@${chosen}`;
  const held = standing(events);
  const iteration = held.reduce((last, event) => Math.max(last, event.iteration ?? 0), 0);
  const beat = await run.readHeartbeat();
  const { gantry, torch, node, commit, forkedFrom } = run.record;
  const config = { ...run.record.config, data: await completeData(run.record.config.data) };
  const seen = held.filter((event) => typeof event.imagesSeen === "number").at(-1)?.imagesSeen;
  const scores = [...pointScores(held, config), ...trainingScores(held), ...(await reportScores(run))];
  return {
    path: chosen === undefined ? path : `${path.replace(/[\\/]+$/, "")}${mark}`,
    name: `${run.name}${mark}`,
    config,
    origin: {
      gantry,
      torch,
      node,
      // As git shortens it.
      commit: commit?.slice(0, 10) ?? null,
      ...(forkedFrom === undefined ? {} : { forkedFrom: { ...forkedFrom } }),
    },
    status: await run.status(),
    iteration: chosen ?? Math.max(iteration, beat?.iteration ?? 0),
    imagesSeen: typeof seen === "number" ? seen : undefined,
    seconds: secondsOf(events),
    curves,
    scores: latest(chosen === undefined ? scores : scores.filter((score) => score.iteration === chosen)),
    sample: await lastSample(run, end),
  };
}

/** Every stretch between two resumes has a clock of its own. */
function secondsOf(events: readonly RunEvent[]): number | undefined {
  let past = 0;
  let here: number | undefined;
  for (const { event, seconds } of events) {
    if (event === "resume") {
      past += here ?? 0;
      here = undefined;
    } else if (typeof seconds === "number") here = seconds;
  }
  const total = past + (here ?? 0);
  return total > 0 ? total : undefined;
}

/** One score of each name: a report's goes before training's own, and a later one before an earlier one. */
function latest(scores: readonly RunScore[]): RunScore[] {
  return [...new Map(scores.map((score) => [score.name, score])).values()];
}

/** What training tells of the modes of points, by the names of the metric `points`. */
function pointScores(events: readonly RunEvent[], config: Config): RunScore[] {
  const last = lastPointScores(events);
  if (last === undefined) return [];
  const directions = { modes: "higher", "high-quality": "higher", "reverse-kl": "lower" } as const;
  return Object.entries(directions).flatMap(([name, better]): RunScore[] => {
    const value = last.scores[name];
    if (value === undefined) return [];
    return [
      {
        name,
        better,
        value,
        deviation: null,
        repeats: 1,
        iteration: last.iteration,
        note: null,
        measured: {
          "fake samples": String(config.samples * POINTS_PER_IMAGE),
          data: JSON.stringify(config.data),
        },
      },
    ];
  });
}

/** Scores of evaluations during training. */
const trainingScores = (events: readonly RunEvent[]): RunScore[] =>
  events.flatMap((event) =>
    event.event === "evaluation" && isObject(event.report) ? scoresIn(event.report) : [],
  );

/** What `gantry eval` wrote. */
async function reportScores(run: RunDirectory): Promise<RunScore[]> {
  const file = join(run.path, "report.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return [];
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new RunError(`${file}: damaged, not readable as JSON; delete it or run 'gantry eval' again`, {
      cause: error,
    });
  }
  return isObject(report) ? scoresIn(report) : [];
}

async function lastSample(run: RunDirectory, end: number): Promise<RunSummary["sample"]> {
  const names = (await readdir(run.samples).catch(() => [])).filter((name) => /^\d+\.png$/.test(name)).sort();
  const last = names.filter((name) => Number.parseInt(name, 10) <= end).at(-1);
  return last === undefined
    ? undefined
    : { file: join(run.samples, last), iteration: Number.parseInt(last, 10) };
}

/**
 * The runs that a path names: itself, or, where it is none, those in it, by name in alphabetical order.
 * @returns at least one: what is neither is left for readRun() to refuse
 */
export async function runsAt(path: string): Promise<string[]> {
  const isRun = (folder: string) => existsSync(join(folder, "config.json"));
  if (isRun(path)) return [path];
  const names = (await readdir(path).catch(() => [])).sort();
  const inside = names.map((name) => join(path, name)).filter(isRun);
  return inside.length === 0 ? [path] : inside;
}
