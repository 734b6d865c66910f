import { execFile } from "node:child_process";
import { open, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { describeSystemError, FormatError, writeFileAtomically } from "@gantry/formats";
import { RunError, UsageError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import { checkConfig } from "../config/check.js";
import type { Config } from "../config/schema.js";
import { checkpointName, listCheckpoints } from "./checkpoints.js";
import { makeFolder, type RunClaim } from "./claim.js";
import { findData, storeData } from "./data.js";
import { bestOf, blameVersion, checkRecord, heartbeatOf, type RunRecord } from "./files.js";
import { findSources, sourcesUsed, storeSources } from "./imports.js";
import { lockHolder } from "./lock.js";

/** Gantry's version, in every config.json. */
export const GANTRY_VERSION = "0.1.0";

/** What heartbeat.json holds: readers tell a dead writer by an old `time`. */
export interface Heartbeat {
  readonly pid: number;
  readonly host: string;
  readonly time: string;
  readonly iteration: number;
  readonly state: "running" | "done" | "stopped" | "failed";
}

/** What best.json holds: the checkpoint with the best score of the evaluations during training. */
export interface BestCheckpoint {
  readonly iteration: number;
  /** The score's. */
  readonly name: string;
  readonly value: number;
  readonly better: "lower" | "higher";
}

/** Where a sample picture lies in a run's folder of samples. */
export const sampleFile = (iteration: number) => `${String(iteration).padStart(6, "0")}.png`;

/** A checkpoint: its iteration, or the best one by the evaluations during training. */
export type CheckpointChoice = number | "best";

/**
 * A run directory: config.json, events.jsonl, tensorboard/, reals.png, samples/, checkpoints/, best.json, report.json,
 * heartbeat.json, .lock/.
 * Append-only for its writer, who holds its lock; readers never lock and never write.
 */
export class RunDirectory {
  readonly path: string;
  readonly record: RunRecord;

  private constructor(path: string, record: RunRecord) {
    this.path = path;
    this.record = record;
  }

  get name(): string {
    return basename(resolve(this.path));
  }

  get config(): Config {
    return this.record.config;
  }

  get checkpoints(): string {
    return join(this.path, "checkpoints");
  }

  /** A picture of the data. */
  get reals(): string {
    return join(this.path, "reals.png");
  }

  get samples(): string {
    return join(this.path, "samples");
  }

  get events(): string {
    return join(this.path, "events.jsonl");
  }

  get tensorboard(): string {
    return join(this.path, "tensorboard");
  }

  /**
   * Makes a new run directory in a folder that was claimed for it.
   * @param origin versions and threads that it is made with, and where it comes from
   * @param begin puts in what a fork begins with: before config.json, which makes the folder a run
   * @throws FormatError when it cannot be written
   */
  static async create(
    { path }: Pick<RunClaim, "path">,
    config: Config,
    origin: Pick<RunRecord, "torch" | "threads" | "forkedFrom" | "data">,
    begin?: (run: RunDirectory) => Promise<unknown>,
  ): Promise<RunDirectory> {
    const { torch, ...rest } = origin;
    const record: RunRecord = {
      gantry: GANTRY_VERSION,
      torch,
      node: process.version,
      commit: await gitCommit(),
      created: new Date().toISOString(),
      ...rest,
      ...importsOf(config),
      config,
    };
    const run = new RunDirectory(path, record);
    try {
      for (const folder of [run.checkpoints, run.samples, run.tensorboard]) await makeFolder(folder);
    } catch (error) {
      throw new FormatError(`cannot make the run's folder: ${describeSystemError(error)}`, {
        file: path,
        hint: "choose another --out",
        cause: error,
      });
    }
    await begin?.(run);
    await run.#writeRecord();
    return run;
  }

  /** Makes folders of the run's that somebody has removed: not the run itself, which would be half of one. */
  async mendFolders(): Promise<void> {
    if (!(await isFile(join(this.path, "config.json")))) return;
    for (const folder of [this.checkpoints, this.samples]) await makeFolder(folder);
  }

  async #writeRecord(): Promise<void> {
    const { imports } = this.record;
    await writeJson(
      join(this.path, "config.json"),
      await storeData(this.path, {
        ...this.record,
        ...(imports === undefined ? {} : { imports: await storeSources(this.path, imports) }),
      }),
    );
  }

  /**
   * The same run on data that lies elsewhere, or is other data, and by parts as they are now, written into its config.json.
   */
  async withData(config: Config, data: RunRecord["data"]): Promise<RunDirectory> {
    const run = new RunDirectory(this.path, {
      ...this.record,
      ...(data === undefined ? {} : { data }),
      ...importsOf(config),
      config,
    });
    await run.#writeRecord();
    return run;
  }

  /**
   * The same run with the options of its networks and terms checked too, as who builds its game needs them.
   * @param check validateConfig(), which loads the engine
   * @throws what `check` throws, or UsageError where a newer Gantry wrote the run
   */
  async checkedBy(check: (config: Config) => Promise<Config>): Promise<RunDirectory> {
    try {
      return new RunDirectory(this.path, { ...this.record, config: await check(this.config) });
    } catch (error) {
      throw blameVersion(error, join(this.path, "config.json"), this.record.gantry, GANTRY_VERSION);
    }
  }

  /**
   * Opens an existing run. Options of its networks and terms are as they stand in its config.json: see checkedBy().
   * @throws UsageError when the folder is none; RunError when config.json is damaged
   */
  static async open(path: string): Promise<RunDirectory> {
    const file = join(path, "config.json");
    if (!(await isFile(file))) {
      throw new UsageError(`${path}: not a run (no config.json); give the folder that 'gantry train' made`);
    }
    let value: unknown;
    try {
      value = JSON.parse(await readFile(file, "utf8"));
    } catch (error) {
      throw new RunError(`${file}: damaged, not readable as JSON`, { cause: error });
    }
    if (!isObject(value) || !isObject(value.config)) {
      throw new UsageError(`${path}: not a run (its config.json is not Gantry's)`);
    }
    try {
      const record = checkRecord(file, value) as unknown as RunRecord;
      const found = await findData(path, record);
      const imports = record.imports && (await findSources(path, record.imports));
      return new RunDirectory(path, {
        ...found,
        ...(imports === undefined ? {} : { imports }),
        config: checkConfig(withVersion(found.config)),
      });
    } catch (error) {
      throw blameVersion(error, file, String(value.gantry), GANTRY_VERSION);
    }
  }

  /**
   * The folder of a checkpoint.
   * @param choice default the newest
   * @throws UsageError when there is none, naming those there are
   */
  async checkpoint(choice?: CheckpointChoice): Promise<{ folder: string; iteration: number }> {
    const known = await listCheckpoints(this.checkpoints);
    const best = choice === "best" ? await this.best() : undefined;
    if (choice === "best" && best === undefined)
      throw new UsageError(
        `${this.path}: no checkpoint is known as the best one; train with --eval-every to have one, or name one as RUN@STEP`,
      );
    const wanted = choice === "best" ? best?.iteration : (choice ?? known.at(-1));
    if (wanted === undefined || known.length === 0)
      throw new UsageError(
        `${this.path}: the run has no checkpoint yet; 'gantry resume ${this.path}' trains it from the beginning`,
      );
    if (!known.includes(wanted)) {
      throw new UsageError(`${this.path}: no checkpoint at ${wanted}; there are: ${known.join(", ")}`);
    }
    return { folder: join(this.checkpoints, checkpointName(wanted)), iteration: wanted };
  }

  /**
   * Appends one line to events.jsonl, whole. A line cut short by an earlier writer's death is ended first.
   * @throws FormatError when it cannot be written
   */
  async append(event: Readonly<Record<string, unknown>>): Promise<void> {
    const refuse = (error: unknown): never => {
      throw new FormatError(`cannot write: ${describeSystemError(error)}`, {
        file: this.events,
        cause: error,
      });
    };
    const handle = await open(this.events, "a+").catch(refuse);
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const repair = size > 0 && last[0] !== 10 ? "\n" : "";
      await handle.appendFile(`${repair}${JSON.stringify(event)}\n`);
    } catch (error) {
      refuse(error);
    } finally {
      await handle.close();
    }
  }

  /** The best checkpoint by the evaluations during training; undefined before the first. */
  async best(): Promise<BestCheckpoint | undefined> {
    try {
      return bestOf(JSON.parse(await readFile(join(this.path, "best.json"), "utf8"))) as
        | BestCheckpoint
        | undefined;
    } catch {
      return undefined;
    }
  }

  async writeBest(best: BestCheckpoint): Promise<void> {
    await writeJson(join(this.path, "best.json"), best);
  }

  async heartbeat(iteration: number, state: Heartbeat["state"]): Promise<void> {
    const beat: Heartbeat = {
      pid: process.pid,
      host: hostname(),
      time: new Date().toISOString(),
      iteration,
      state,
    };
    await writeJson(join(this.path, "heartbeat.json"), beat);
  }

  /** The last heartbeat; undefined before the first, and where it cannot be read. */
  async readHeartbeat(): Promise<Heartbeat | undefined> {
    try {
      return heartbeatOf(JSON.parse(await readFile(join(this.path, "heartbeat.json"), "utf8"))) as
        | Heartbeat
        | undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * What the run is doing: as its heartbeat says, `dead` where it says `running` and the writer is gone, `new` before
   * the first heartbeat.
   * @param now milliseconds since 1970; default now
   */
  async status(now = Date.now()): Promise<Heartbeat["state"] | "dead" | "new"> {
    const beat = await this.readHeartbeat();
    if (beat === undefined) return "new";
    if (beat.state !== "running") return beat.state;
    const holder = lockHolder(this.path)?.life;
    if (holder === "alive") return "running";
    if (holder === "dead" || holder === "free") return "dead";
    const age = now - Date.parse(beat.time);
    const alive = beat.host === hostname() ? age < STALE_HERE && isProcess(beat.pid) : age < STALE;
    return alive ? "running" : "dead";
  }

  /**
   * Every whole line of events.jsonl; lines cut short are left out. A run that was resumed at iteration k says so with
   * `{ event: "resume", iteration: k }`: what came before it about later iterations no longer holds. See standing().
   */
  async readEvents(): Promise<RunEvent[]> {
    const text = await readFile(this.events, "utf8").catch(() => "");
    return text.split("\n").flatMap((line) => {
      try {
        const event: unknown = JSON.parse(line);
        return isEvent(event) ? [event] : [];
      } catch {
        return [];
      }
    });
  }
}

/** Configurations of before there were versions name none, and are of the first. */
const withVersion = (config: object): object => ({ version: 1, ...config });

/** What of a configuration came from outside, as a record has it; nothing where all is Gantry's own. */
function importsOf(config: Config): Pick<RunRecord, "imports"> {
  const imports = sourcesUsed(config);
  return imports.length === 0 ? {} : { imports };
}

/** Milliseconds after which a heartbeat from another machine is stale; writers write one about every 2 seconds. */
const STALE = 60_000;
/** On this machine the process itself can be looked for; only a number that another process took over must be told. */
const STALE_HERE = 300_000;

/** One line of events.jsonl. */
export interface RunEvent {
  readonly iteration?: number;
  /** What happened, for lines that are more than scalars: `resume`, `evaluation`. */
  readonly event?: string;
  readonly [scalar: string]: unknown;
}

const isEvent = (value: unknown): value is RunEvent =>
  isObject(value) &&
  (value.iteration === undefined || typeof value.iteration === "number") &&
  (value.event === undefined || typeof value.event === "string");

/** What older runs call the scores of points. */
const OLD_POINT_SCORES: Readonly<Record<string, string>> = {
  modesCovered: "modes",
  highQuality: "high-quality",
  reverseKl: "reverse-kl",
};

/** The last scores of points among some events, by the names of the metric `points`. */
export function lastPointScores(
  events: readonly RunEvent[],
): { readonly iteration: number | null; readonly scores: Readonly<Record<string, number>> } | undefined {
  const known = (event: RunEvent) =>
    Object.entries(event).flatMap(([key, value]) => {
      const name = key.startsWith("points/") ? key.slice("points/".length) : undefined;
      return name !== undefined && typeof value === "number"
        ? [[OLD_POINT_SCORES[name] ?? name, value] as const]
        : [];
    });
  const last = events.findLast((event) => known(event).length > 0);
  return last && { iteration: last.iteration ?? null, scores: Object.fromEntries(known(last)) };
}

/** The events that still hold: without resumes, and without what a resume from an earlier iteration made undone. */
export function standing(events: readonly RunEvent[]): RunEvent[] {
  let found: RunEvent[] = [];
  for (const event of events) {
    const { iteration = 0 } = event;
    if (event.event !== "resume") found.push(event);
    else found = found.filter((earlier) => (earlier.iteration ?? 0) <= iteration);
  }
  return found;
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There, and another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomically(path, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`));
}

async function gitCommit(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)("git", ["rev-parse", "HEAD"]);
    return stdout.trim();
  } catch {
    return null;
  }
}
