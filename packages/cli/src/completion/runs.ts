import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folders that are looked into for runs, one in another. */
const DEEP = 3;

/**
 * Runs, as one would name them: under `runs/`, or under the folder that was begun; behind RUN@, its checkpoints.
 * @param begun the word so far
 */
export async function runsUnder(begun: string): Promise<string[]> {
  const [, run] = /^(.+)@[^/]*$/.exec(begun) ?? [];
  if (run !== undefined && isRun(run)) return [...stepsOf(run), "best"].map((step) => `${run}@${step}`);
  const folder = begun.includes("/") ? dirname(`${begun}x`) : "runs";
  return find(folder, DEEP);
}

const isRun = (folder: string) => existsSync(join(folder, "config.json"));

function find(folder: string, depth: number): string[] {
  if (isRun(folder)) return [folder];
  if (depth === 0) return [];
  return namesIn(folder).flatMap((name) => find(join(folder, name), depth - 1));
}

function stepsOf(run: string): number[] {
  return namesIn(join(run, "checkpoints")).flatMap((name) => {
    const [, step] = /^step-(\d+)$/.exec(name) ?? [];
    return step === undefined ? [] : [Number(step)];
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
