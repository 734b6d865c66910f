/** Whether one process and several train the same. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deserialize } from "node:v8";
import type { JsonObject } from "../core/base/json.js";
import { resolveConfig } from "../core/config/config.js";

export interface RanksCase {
  readonly recipe: string;
  readonly preset?: string | undefined;
  readonly with: readonly AddedTerm[];
  readonly settings: readonly JsonObject[];
  readonly iterations: number;
  readonly optimizer: "sgd" | "adam";
}

/** A term of a composition, as of --with. */
export interface AddedTerm {
  readonly name: string;
  readonly options: JsonObject;
}

/**
 * Each recipe, small, with SGD and with Adam.
 * @param terms added to it
 * @param more settings laid over it
 */
export async function rankCases(
  recipes: readonly string[],
  terms: readonly AddedTerm[] = [],
  more: readonly JsonObject[] = [],
): Promise<RanksCase[]> {
  const cases = await Promise.all(
    recipes.map(async (recipe) => {
      const preset = await resolveConfig({ recipe, preset: "small" }).then(
        () => "small",
        () => undefined,
      );
      const { net, optimizers, schedule } = await resolveConfig({ recipe, preset });
      const channels = typeof net.channels === "number" ? { channels: Math.min(8, net.channels) } : {};
      const size = {
        net: channels,
        batch: 8,
        steps: 3,
        ...(schedule.generatorBatch === null ? {} : { schedule: { generatorBatch: 16 } }),
      };
      return (["sgd", "adam"] as const).map((optimizer): RanksCase => {
        const rule =
          optimizer === "sgd"
            ? { kind: "sgd", learningRate: 1e-3 }
            : { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.999] };
        const players = Object.fromEntries(Object.keys(optimizers).map((player) => [player, rule]));
        return {
          recipe,
          preset,
          with: terms,
          optimizer,
          iterations: 3,
          settings: [size, { optimizers: players }, ...more],
        };
      });
    }),
  );
  return cases.flat();
}

/** What a process of ranksChild.ts is told. */
export interface RanksJob {
  readonly cases: readonly RanksCase[];
  readonly rank: number;
  readonly size: number;
  readonly port: number;
  readonly out: string;
}

/** By player: the gradients of its first update, and all floating numbers of its network in the end. */
export interface Trained {
  readonly first: Readonly<Record<string, Float64Array>>;
  readonly weights: Readonly<Record<string, Float64Array>>;
  readonly error?: string;
}

/** The largest difference of two trainings, as a share of the largest number of that player's. */
export interface Apart {
  readonly first: number;
  readonly weights: number;
  /** Why there is no such number. */
  readonly error?: string | undefined;
}

const child = fileURLToPath(new URL("./ranksChild.js", import.meta.url));

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const start = (job: RanksJob) =>
  promisify(execFile)(process.execPath, [child, JSON.stringify(job)], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });

/** Trains each case by one process, and by `size` with the same batch. */
export async function compareRanks(cases: readonly RanksCase[], size = 2): Promise<Apart[]> {
  const folder = await mkdtemp(join(tmpdir(), "gantry-ranks-"));
  try {
    const port = await freePort();
    const job = (rank: number, size: number, out: string): RanksJob => ({ cases, rank, size, port, out });
    const [alone, together] = [join(folder, "alone"), join(folder, "together")];
    await Promise.all([
      start(job(0, 1, alone)),
      ...Array.from({ length: size }, (_, rank) => start(job(rank, size, together))),
    ]);
    const read = async (path: string) => deserialize(await readFile(path)) as Trained[];
    const [expected, found] = [await read(alone), await read(together)];
    return expected.map((each, i) => apart(each, found[i] as Trained));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function apart(expected: Trained, found: Trained): Apart {
  const error = expected.error ?? found.error;
  if (error !== undefined) return { first: Number.NaN, weights: Number.NaN, error };
  return { first: farthest(expected.first, found.first), weights: farthest(expected.weights, found.weights) };
}

function farthest(expected: Trained["weights"], found: Trained["weights"]): number {
  const players = Object.entries(expected).map(([player, numbers]) => {
    const others = found[player];
    if (others?.length !== numbers.length) return Number.POSITIVE_INFINITY;
    let [difference, largest] = [0, 0];
    for (let i = 0; i < numbers.length; i++) {
      difference = Math.max(difference, Math.abs((numbers[i] as number) - (others[i] as number)));
      largest = Math.max(largest, Math.abs(numbers[i] as number));
      if (Number.isNaN(others[i])) return Number.NaN;
    }
    return largest === 0 ? difference : difference / largest;
  });
  return Math.max(...players);
}
