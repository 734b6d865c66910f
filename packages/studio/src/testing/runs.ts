// Runs as a training leaves them, made up: no engine, and no time.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng } from "@gantry/formats";
import { sampleFile } from "@gantry/gan/run";

export interface MadeRun {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly state?: "running" | "done" | "stopped" | "failed";
  readonly iteration?: number;
  /** Lines of events.jsonl. */
  readonly events?: readonly Readonly<Record<string, unknown>>[];
  /** Iterations of pictures. */
  readonly samples?: readonly number[];
  /** Of its last sign of life; default now. */
  readonly time?: Date;
  readonly scores?: readonly Readonly<Record<string, unknown>>[];
}

/** A new folder, and what removes it. */
export function madeFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "gantry-studio-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Makes a run.
 * @returns its folder
 */
export async function makeRun(folder: string, name: string, made: MadeRun = {}): Promise<string> {
  const path = join(folder, name);
  for (const part of ["samples", "checkpoints", "tensorboard"])
    mkdirSync(join(path, part), { recursive: true });
  const config = {
    recipe: "gan",
    data: { name: "ring" },
    net: { family: "mlp" },
    terms: { "non-saturating": {} },
    optimizers: { default: { kind: "adam" } },
    steps: 1000,
    ...made.settings,
  };
  const record = {
    gantry: "0.1.0",
    torch: "2.13.0",
    node: "v20.0.0",
    commit: null,
    created: "2026-01-01T00:00:00.000Z",
    data: { kind: "images", shape: [1, 8, 8] },
    config,
  };
  writeFileSync(join(path, "config.json"), JSON.stringify(record));
  addEvents(path, made.events ?? []);
  // The highest number that a process may have: nobody's.
  const beat = {
    pid: 2 ** 22,
    host: hostname(),
    time: (made.time ?? new Date()).toISOString(),
    iteration: made.iteration ?? 1000,
    state: made.state ?? "done",
  };
  writeFileSync(join(path, "heartbeat.json"), JSON.stringify(beat));
  for (const iteration of made.samples ?? []) {
    const data = Uint8Array.from({ length: 64 }, (_, i) => (i * 3 + iteration) % 256);
    writeFileSync(join(path, "samples", sampleFile(iteration)), await encodePng({ shape: [1, 8, 8], data }));
  }
  if (made.scores !== undefined)
    writeFileSync(join(path, "report.json"), JSON.stringify({ scores: made.scores }));
  return path;
}

export function addEvents(path: string, events: readonly Readonly<Record<string, unknown>>[]): void {
  appendFileSync(join(path, "events.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

/** Losses of iterations from 1 on. */
export const losses = (count: number, scale = 1) =>
  Array.from({ length: count }, (_, i) => ({
    iteration: i + 1,
    imagesSeen: 64 * (i + 1),
    seconds: (i + 1) / 100,
    "generator/loss": scale * (1 + Math.sin(i / 20)),
    "discriminator/loss": scale / (1 + i / 50),
  }));
