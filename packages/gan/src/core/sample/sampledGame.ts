import { deviceCount } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import { shellWord } from "../base/shellWord.js";
import { buildGame } from "../config/build.js";
import type { Config } from "../config/schema.js";
import type { Game } from "../game/game.js";
import type { DataShape } from "../nets/sample.js";
import type { RunDirectory } from "../run/directory.js";
import { describeSource, isForeign } from "../run/imports.js";

/** The run's terms that are not known here, or look through a network that is not, by their place in the configuration. */
export const foreignTerms = ({ config, record }: RunDirectory): [key: string, name: string][] =>
  Object.entries(config.terms).flatMap(([key, { term = key, network }]): [string, string][] => {
    const looks = typeof network === "string" && isForeign(record.imports, "network family", network);
    return looks || isForeign(record.imports, "term", term) ? [[key, term]] : [];
  });

/**
 * The game of a run, without terms that came from outside and are not known here: what trains D is not needed.
 * @throws UsageError where it is, and where the networks are not known here
 */
export async function buildSampled(run: RunDirectory, config: Config, data: DataShape): Promise<Game> {
  const { imports } = run.record;
  const { family } = config.net;
  if (isForeign(imports, "network family", family))
    throw new UsageError(
      `${run.path}: its generator is of the family '${family}', which came from outside and is not run unasked; to have it: --import ${shellWord(describeSource(imports, "network family", family))}`,
    );
  const foreign = foreignTerms(run);
  if (foreign.length === 0) return await buildGame(config, data);
  const keys = foreign.map(([key]) => key);
  const known = Object.entries(config.terms).filter(([key]) => !keys.includes(key));
  try {
    return await buildGame({ ...config, terms: Object.fromEntries(known) }, data);
  } catch (error) {
    throw error instanceof UsageError ? needsTerms(run, foreign, "generator", error) : error;
  }
}

/** What is told where networks do not fit without terms that are not known here. */
export function needsTerms(
  { path, record }: RunDirectory,
  foreign: readonly (readonly [key: string, name: string])[],
  what: "generator" | "networks",
  cause: unknown,
): UsageError {
  const names = foreign.map(([, name]) => name);
  const files = [...new Set(names.map((name) => describeSource(record.imports, "term", name)))];
  return new UsageError(
    `${path}: its ${what} cannot be had without the term${names.length === 1 ? "" : "s"} ${names.join(", ")}, which came from outside and ${names.length === 1 ? "is" : "are"} not run unasked; to have ${names.length === 1 ? "it" : "them"}: ${files.map((file) => `--import ${shellWord(file)}`).join(" ")} (${(cause as Error).message})`,
    { cause },
  );
}

/** Whether there is such a device here. */
export function isPresent(device: string): boolean {
  const [kind = "cpu", index = "0"] = device.split(":");
  return Number(index) < deviceCount(kind as "cpu" | "cuda" | "mps");
}
