import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isObject } from "../base/json.js";
import { lastPointScores, type RunEvent, readHeartbeat, standing, statusOf } from "./directory.js";
import { scoresIn } from "./scores.js";

/** What a run is and does, from a few of its files: quick for hundreds of them. */
export interface RunOverview {
  readonly path: string;
  readonly name: string;
  /** `new`: begun, and no sign of life yet. `stalled`: it says that it runs, and has given no sign of life for too long. */
  readonly state: "new" | "running" | "stalled" | "finished" | "stopped" | "failed";
  readonly recipe: string;
  /** Name of its data, or the last part of its path. */
  readonly data: string;
  readonly iteration: number;
  /** Iterations planned; null where its config.json does not tell. */
  readonly steps: number | null;
  /** When it last gave a sign of life, in ISO 8601; null before the first. */
  readonly seen: string | null;
  /** The last score of an evaluation, or of points. */
  readonly score: { readonly name: string; readonly value: number; readonly iteration: number | null } | null;
  /** What was found to be wrong, by the iteration at which it began. */
  readonly findings: readonly { readonly name: string; readonly iteration: number }[];
}

/** Milliseconds without a sign of life after which a run that has an owner is stalled: an iteration may take a while. */
const SILENT = 120_000;
/** Folders within folders that are looked through: those of sweeps and studies have their runs inside. */
const DEPTH = 4;

/** Every run in a folder and in its folders, by path in alphabetical order; the folder itself where it is one. */
export async function runsUnder(folder: string, depth = DEPTH): Promise<string[]> {
  if (existsSync(join(folder, "config.json"))) return [folder];
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inside = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => join(folder, name))
    .sort();
  return (await Promise.all(inside.map((each) => runsUnder(each, depth - 1)))).flat();
}

/**
 * @param now milliseconds since 1970; default now
 * @returns undefined for a folder that is no run, or whose config.json cannot be read
 */
export async function overviewOf(path: string, now = Date.now()): Promise<RunOverview | undefined> {
  const record = await readJson(join(path, "config.json"));
  if (!isObject(record) || !isObject(record.config)) return undefined;
  const { recipe, steps, data } = record.config;
  const beat = await readHeartbeat(path);
  const status = statusOf(path, beat, now);
  const silent = beat !== undefined && now - Date.parse(beat.time) > SILENT;
  const isStalled = status === "dead" || (status === "running" && silent);
  const events = await telling(path);
  return {
    path,
    name: basename(resolve(path)),
    state: isStalled ? "stalled" : status === "done" ? "finished" : (status as RunOverview["state"]),
    recipe: typeof recipe === "string" ? recipe : "?",
    data: dataOf(data),
    // A heartbeat comes every two seconds, what is logged with its iteration.
    iteration: Math.max(beat?.iteration ?? 0, events.at(-1)?.iteration ?? 0),
    steps: typeof steps === "number" ? steps : null,
    seen: beat?.time ?? null,
    score: scoreOf(events) ?? (await reported(path)),
    findings: events.flatMap(({ event, name, began, iteration = 0 }) =>
      event === "finding" && typeof name === "string"
        ? [{ name, iteration: typeof began === "number" ? began : iteration }]
        : [],
    ),
  };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    return undefined;
  }
}

const dataOf = (data: unknown): string => {
  if (!isObject(data)) return "?";
  if (typeof data.name === "string") return data.name;
  return typeof data.path === "string" ? basename(data.path) : "?";
};

/** The events that say what became of the run, in order, and that still hold: of thousands of lines only these are parsed. */
async function telling(path: string): Promise<RunEvent[]> {
  const text = await readFile(join(path, "events.jsonl"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const last = (of: string) => lines.findLastIndex((line) => line.includes(of));
  const kept = [last('"points/'), last('"iteration"')];
  const chosen = lines.filter(
    (line, i) => kept.includes(i) || /"event":"(finding|evaluation|resume)"/.test(line),
  );
  const events = chosen.flatMap((line): RunEvent[] => {
    try {
      const event: unknown = JSON.parse(line);
      return isObject(event) ? [event as RunEvent] : [];
    } catch {
      return [];
    }
  });
  return standing(events);
}

function scoreOf(events: readonly RunEvent[]): RunOverview["score"] {
  const evaluation = events.findLast(({ event }) => event === "evaluation");
  const [first] = isObject(evaluation?.report) ? scoresIn(evaluation.report) : [];
  if (first !== undefined) return { name: first.name, value: first.value, iteration: first.iteration };
  const points = lastPointScores(events);
  const modes = points?.scores.modes;
  return modes === undefined ? null : { name: "modes", value: modes, iteration: points?.iteration ?? null };
}

/** What `gantry eval` wrote. */
async function reported(path: string): Promise<RunOverview["score"]> {
  const report = await readJson(join(path, "report.json"));
  const [first] = isObject(report) ? scoresIn(report) : [];
  return first === undefined ? null : { name: first.name, value: first.value, iteration: first.iteration };
}
