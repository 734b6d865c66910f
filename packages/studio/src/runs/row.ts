import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "@gantry/gan";
import { lockHolder, RunDirectory } from "@gantry/gan/run";
import type { RunRow, RunState } from "../json.js";
import { flatten, isObject } from "../objects.js";
import { Marks } from "./marks.js";

/** Milliseconds without a sign of life after which a training that lives is stalled; one comes every 2 seconds. */
const STALLED = 60_000;

/** A run of the list: its files are read again only where they have changed. */
export class ListedRun {
  readonly id: string;
  readonly path: string;
  readonly marks: Marks;
  /** Whether there are events that {@link marks} may not have seen. */
  hasNews = true;
  /** Of what was looked at, by which it is seen that it has changed. */
  #versions: Readonly<Record<string, string>> = {};
  #directory: RunDirectory | undefined;
  #settings = new Map<string, Json>();
  #trouble: string | null = null;
  #sample: number | null = null;
  #reported: RunRow["score"] = null;
  #best: RunRow["score"] = null;
  #state: RunState = "new";
  #iteration = 0;
  #updated: string | null = null;

  constructor(id: string, path: string) {
    this.id = id;
    this.path = path;
    this.marks = new Marks(join(path, "events.jsonl"));
  }

  get settings(): ReadonlyMap<string, Json> {
    return this.#settings;
  }

  /** Whether it has been looked at. */
  get isKnown(): boolean {
    return this.#versions.config !== undefined;
  }

  /** Another for other settings, and for another run. */
  get settingsVersion(): string {
    return this.#versions.config ?? "";
  }

  /**
   * Looks which files have changed, and reads those. All but the events take their places by a rename, which the folder tells.
   * @returns whether it is still a run
   */
  async refresh(now = Date.now()): Promise<boolean> {
    const [folder, samples, events] = await Promise.all([
      versionOf(this.path),
      versionOf(join(this.path, "samples")),
      versionOf(join(this.path, "events.jsonl")),
    ]);
    if (events !== this.#versions.events) this.hasNews = true;
    if (samples !== this.#versions.samples) this.#sample = (await sampleIterations(this.path)).at(-1) ?? null;
    const isNew = folder !== this.#versions.folder;
    this.#versions = { ...this.#versions, folder, samples, events };
    if (isNew) await this.#readFiles();
    if (isNew || this.#state === "running" || this.#state === "stalled") await this.#readState(now);
    return this.#versions.config !== "";
  }

  async #readFiles(): Promise<void> {
    const config = await versionOf(join(this.path, "config.json"));
    if (config !== this.#versions.config && config !== "") await this.#readConfig();
    this.#versions = { ...this.#versions, config };
    this.#reported = firstScore(await readJson(join(this.path, "report.json")));
    this.#best = scoreOf(await readJson(join(this.path, "best.json")));
  }

  async #readConfig(): Promise<void> {
    try {
      this.#directory = await RunDirectory.open(this.path);
      this.#trouble = null;
    } catch (error) {
      this.#directory = undefined;
      this.#trouble = (error as Error).message;
    }
    this.#settings = flatten(this.#directory?.config as unknown as Json | undefined);
  }

  async #readState(now: number): Promise<void> {
    const beat = await this.#directory?.readHeartbeat();
    this.#updated = beat?.time ?? null;
    this.#iteration = beat?.iteration ?? 0;
    const status = (await this.#directory?.status(now)) ?? "new";
    const age = now - Date.parse(beat?.time ?? "");
    this.#state = status === "dead" ? "killed" : status === "running" && age > STALLED ? "stalled" : status;
  }

  /** Whether its process is one that this one may send a signal to, for certain. */
  get isStoppable(): boolean {
    return (
      (this.#state === "running" || this.#state === "stalled") && lockHolder(this.path)?.life === "alive"
    );
  }

  /** @param varying settings that are told */
  row(varying: readonly string[]): RunRow {
    const config = this.#directory?.config;
    const { scores, modes } = this.marks;
    const latest = [
      ...scores,
      ...(modes === undefined ? [] : [["modes", { value: modes, better: "higher" }] as const]),
    ][0];
    return {
      id: this.id,
      state: this.#trouble === null ? this.#state : "unreadable",
      trouble: this.#trouble,
      recipe: config?.recipe ?? "",
      data: dataName(config?.data),
      seed: config?.seed ?? null,
      iteration: this.#iteration,
      steps: config?.steps ?? null,
      created: this.#directory?.record.created ?? null,
      updated: this.#updated,
      settings: Object.fromEntries(
        varying.flatMap((path) => (this.#settings.has(path) ? [[path, this.#settings.get(path)!]] : [])),
      ),
      score:
        this.#best ?? this.#reported ?? (latest === undefined ? null : { name: latest[0], ...latest[1] }),
      findings: this.marks.findings,
      sample: this.#sample,
    };
  }
}

const versionOf = async (path: string): Promise<string> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? "" : `${found.ino}:${found.mtimeMs}:${found.size}`;
};

const readJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
};

function scoreOf(value: unknown): RunRow["score"] {
  if (!isObject(value) || typeof value.value !== "number" || typeof value.name !== "string") return null;
  return { name: value.name, value: value.value, better: String(value.better) };
}

const firstScore = (report: unknown): RunRow["score"] =>
  isObject(report) && Array.isArray(report.scores) ? scoreOf(report.scores[0]) : null;

/** What data are called: their name, or the last part of their path. */
export function dataName(data: unknown): string {
  if (typeof data === "string") return data;
  if (!isObject(data)) return "";
  return typeof data.name === "string"
    ? data.name
    : String(data.path ?? "")
        .replace(/[\\/]+$/, "")
        .replace(/^.*[\\/]/, "");
}

/** Iterations of a run's pictures, ascending. */
export async function sampleIterations(run: string): Promise<number[]> {
  const names = await readdir(join(run, "samples")).catch(() => []);
  return names
    .flatMap((name) => /^(\d+)\.png$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
