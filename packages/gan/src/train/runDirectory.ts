import { execFile } from "node:child_process";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { FormatError, writeFileAtomically } from "@gantry/formats";
import { version as torchVersion } from "@gantry/torch";
import { type Config, validateConfig } from "../config/config.js";
import { RunError, UsageError } from "../errors.js";
import type { DataShape } from "../game/sample.js";
import { checkpointName, listCheckpoints } from "./checkpoint.js";

/** Gantry's version, in every config.json. */
export const GANTRY_VERSION = "0.1.0";

/** What config.json holds. */
export interface RunRecord {
  readonly gantry: string;
  readonly torch: string;
  readonly node: string;
  /** The commit of the folder the run was started in; null outside of git. */
  readonly commit: string | null;
  readonly created: string;
  /** The run and iteration it was forked from. */
  readonly forkedFrom?: { readonly run: string; readonly iteration: number };
  /** What the data asked of the networks: a run can be sampled where its data is not. */
  readonly data?: DataShape;
  readonly config: Config;
}

/** What heartbeat.json holds: readers tell a dead writer by an old `time`. */
export interface Heartbeat {
  readonly pid: number;
  readonly host: string;
  readonly time: string;
  readonly iteration: number;
  readonly state: "running" | "done" | "stopped" | "failed";
}

/**
 * A run directory: config.json, events.jsonl, tensorboard/, samples/, checkpoints/, report.json, heartbeat.json.
 * Append-only for its writer; readers never lock and never write.
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
   * Makes a new run directory.
   * @throws UsageError when there is a run already; FormatError when it cannot be written
   */
  static async create(
    path: string,
    config: Config,
    forkedFrom?: RunRecord["forkedFrom"],
    data?: DataShape,
  ): Promise<RunDirectory> {
    if (await isFile(join(path, "config.json"))) {
      throw new UsageError(
        `${path}: there is a run already; continue it with 'gantry resume ${path}', or choose another --out`,
      );
    }
    const record: RunRecord = {
      gantry: GANTRY_VERSION,
      torch: torchVersion(),
      node: process.version,
      commit: await gitCommit(),
      created: new Date().toISOString(),
      ...(forkedFrom === undefined ? {} : { forkedFrom }),
      ...(data === undefined ? {} : { data }),
      config,
    };
    const run = new RunDirectory(path, record);
    try {
      for (const folder of [path, run.checkpoints, run.samples, run.tensorboard])
        await mkdir(folder, { recursive: true });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const reason = REASONS[code ?? ""] ?? (error as Error).message;
      throw new FormatError(`cannot make the run's folder: ${reason}`, {
        file: path,
        hint: "choose another --out",
        cause: error,
      });
    }
    await writeJson(join(path, "config.json"), record);
    return run;
  }

  /** Opens an existing run. @throws UsageError when the folder is none; RunError when config.json is damaged */
  static async open(path: string): Promise<RunDirectory> {
    const file = join(path, "config.json");
    if (!(await isFile(file))) {
      throw new UsageError(`${path}: not a run (no config.json); give the folder that 'gantry train' made`);
    }
    let record: RunRecord;
    try {
      record = JSON.parse(await readFile(file, "utf8")) as RunRecord;
    } catch (error) {
      throw new RunError(`${file}: damaged, not readable as JSON`, { cause: error });
    }
    if (typeof record !== "object" || record === null || typeof record.config !== "object") {
      throw new UsageError(`${path}: not a run (its config.json is not Gantry's)`);
    }
    return new RunDirectory(path, { ...record, config: await validateConfig(record.config) });
  }

  /**
   * The folder of a checkpoint. @param iteration default the newest
   * @throws UsageError when there is none, naming those there are
   */
  async checkpoint(iteration?: number): Promise<{ folder: string; iteration: number }> {
    const known = await listCheckpoints(this.checkpoints);
    const wanted = iteration ?? known.at(-1);
    if (wanted === undefined)
      throw new UsageError(`${this.path}: the run has no checkpoint yet; start it anew with 'gantry train'`);
    if (!known.includes(wanted)) {
      throw new UsageError(`${this.path}: no checkpoint at ${wanted}; there are: ${known.join(", ")}`);
    }
    return { folder: join(this.checkpoints, checkpointName(wanted)), iteration: wanted };
  }

  /** Appends one line to events.jsonl, whole. A line cut short by an earlier writer's death is ended first. */
  async append(event: Readonly<Record<string, unknown>>): Promise<void> {
    const handle = await open(this.events, "a+");
    try {
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      const repair = size > 0 && last[0] !== 10 ? "\n" : "";
      await handle.appendFile(`${repair}${JSON.stringify(event)}\n`);
    } finally {
      await handle.close();
    }
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

  /** Every whole line of events.jsonl; a last line cut short is left out. */
  async readEvents(): Promise<Record<string, unknown>[]> {
    const text = await readFile(this.events, "utf8").catch(() => "");
    return text.split("\n").flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a file of that name is in the way",
};

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

export async function writeJson(path: string, value: unknown): Promise<void> {
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
