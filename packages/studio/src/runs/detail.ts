import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "@gantry/gan";
import { listCheckpoints, RunDirectory, type RunSummary, sampleFile, summariseRun } from "@gantry/gan/run";
import { EventLog } from "../events/log.js";
import type { GridJson, RunJson } from "../json.js";
import { type ListedRun, sampleIterations } from "./row.js";

/** Runs whose events are kept: a few megabytes each. */
export const KEPT = 48;
/** Milliseconds that a page waits for events; the rest is read meanwhile, and told the next time. */
const PATIENCE = 150;

/** What pages of single runs and of comparisons show of their events, which are read once. */
export class RunDetails {
  #logs = new Map<string, EventLog>();

  /** The events of a run, of those looked at last. */
  log(path: string): EventLog {
    const log = this.#logs.get(path) ?? new EventLog(join(path, "events.jsonl"));
    this.#logs.delete(path);
    this.#logs.set(path, log);
    const oldest = this.#logs.keys().next().value;
    if (this.#logs.size > KEPT && oldest !== undefined) this.#logs.delete(oldest);
    return log;
  }

  /** Looks into a run's events: its page will ask for them. */
  expect(path: string): void {
    this.log(path)
      .glimpse()
      .catch(() => {});
  }

  /** Whether all that there was of its events at the last look is read. */
  isRead(path: string): boolean {
    const { bytes, of } = this.#logs.get(path)?.position ?? { bytes: 0, of: 0 };
    return bytes >= of;
  }

  /**
   * As `gantry compare` reads it, with the curves thinned.
   * @param patience milliseconds after which what there is has to do; default: all is read
   */
  async summary(path: string, points: number, patience?: number): Promise<RunSummary> {
    const log = this.log(path);
    await log.read(patience);
    const curves = Object.entries(log.curves(points)).map(
      ([name, { at, mean }]) => [name, { iterations: at, values: mean }] as const,
    );
    return await summariseRun(await RunDirectory.open(path), log.events, new Map(curves));
  }

  /**
   * A run's page.
   * @param points of each curve, at most
   * @param from and `to`: iterations of the curves, both included
   */
  async json(run: ListedRun, points: number, from?: number, to?: number): Promise<RunJson> {
    await run.refresh();
    const row = run.row([]);
    const directory = await RunDirectory.open(run.path).catch(() => undefined);
    const beat = await directory?.readHeartbeat();
    const best = (await directory?.best()) ?? null;
    const checkpoints = directory === undefined ? [] : await listCheckpoints(directory.checkpoints);
    const log = this.log(run.path);
    await log.read(PATIENCE);
    // A damaged report is told by `gantry compare`; the page shows the rest.
    const summary =
      directory && (await summariseRun(directory, log.events, new Map()).catch(() => undefined));
    const iteration = Math.max(row.iteration, log.iteration);
    return {
      ...row,
      path: run.path,
      iteration: row.state === "running" ? iteration : (summary?.iteration ?? iteration),
      config: (directory?.config ?? null) as unknown as Json,
      origin: summary?.origin ?? {},
      seconds: summary?.seconds ?? null,
      speed: log.speed ?? null,
      imagesSeen: summary?.imagesSeen ?? null,
      pid: beat?.pid ?? null,
      host: beat?.host ?? null,
      curves: log.curves(points, from, to),
      restarts: log.restarts,
      findings: log.findings,
      scores: (summary?.scores ?? []).map(({ measured: _, repeats: __, ...score }) => score),
      best,
      grids: await gridsOf(run.path, iteration, log.restarts.length > 0),
      samples: samplesOf(directory),
      checkpoints,
      read: log.position,
      stoppable: run.isStoppable,
    };
  }
}

function samplesOf(directory: RunDirectory | undefined): RunJson["samples"] {
  const data = directory?.record.data;
  if (directory === undefined || data === undefined) return null;
  return { kind: data.kind, shape: data.shape, count: directory.config.samples };
}

/** Every picture of samples; those beyond where the run stands are of what it has given up. */
export async function gridsOf(path: string, end: number, restarted: boolean): Promise<GridJson[]> {
  const iterations = await sampleIterations(path);
  return await Promise.all(
    iterations.map(async (iteration) => {
      const found = await stat(join(path, "samples", sampleFile(iteration))).catch(() => undefined);
      const version = found === undefined ? "" : `${Math.round(found.mtimeMs)}-${found.size}`;
      return { iteration, version, givenUp: restarted && iteration > end };
    }),
  );
}
