import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { importSource, type Part } from "../base/plugins/plugins.js";
import { changedFile, findSource, type PartSource } from "../base/plugins/source.js";
import { openSets } from "../base/registry.js";
import { splitOutside } from "../base/setting.js";
import { shellWord } from "../base/shellWord.js";
import type { Config } from "../config/schema.js";

/** Parts from outside that a run is made of, and where they came from, as its config.json has it. */
export interface UsedSource extends Partial<PartSource> {
  /** What the run takes from there, by kind and name: `term dragan`. */
  readonly parts: readonly string[];
  /** Its file from the run's folder, so that both can be moved together. */
  readonly beside?: string;
}

const nameOf = ({ kind, name }: Part): string => `${kind} ${name}`;

const partOf = (text: string): Part => {
  const set = openSets.find(({ kind }) => text.startsWith(`${kind} `));
  return { kind: set?.kind ?? "", name: text.slice((set?.kind.length ?? -1) + 1) };
};

const originOf = ({ kind, name }: Part) => openSets.find((set) => set.kind === kind)?.origin(name);

/** All that a configuration names, of whatever open set. */
function partsOf({ recipe, terms, net, data, evaluation }: Config): Part[] {
  const metrics = splitOutside(evaluation?.metrics ?? "").flatMap(
    (part) => /^[\w-]+(?=:|$)/.exec(part) ?? [],
  );
  return [
    { kind: "recipe", name: recipe },
    ...Object.entries(terms).map(([key, { term }]) => ({ kind: "term", name: term ?? key })),
    { kind: "network family", name: net.family },
    // Of terms that look through one (reconstruction).
    ...Object.values(terms).flatMap(({ network }) =>
      typeof network === "string" ? [{ kind: "network family", name: network }] : [],
    ),
    ...(data.name === undefined ? [] : [{ kind: "data set", name: data.name }]),
    ...metrics.map((name) => ({ kind: "metric", name })),
  ];
}

/** What a configuration is made of that came from outside, by where it came from. */
export function sourcesUsed(config: Config): UsedSource[] {
  const found = new Map<PartSource | undefined, string[]>();
  for (const part of partsOf(config)) {
    const origin = originOf(part);
    if (origin === undefined) continue;
    const others = found.get(origin.source) ?? [];
    found.set(origin.source, [...new Set([...others, nameOf(part)])]);
  }
  return [...found].map(([source, parts]) => ({ parts, ...source }));
}

/**
 * What of a configuration is now made by other parts than a run's record says, a line each; none where they only lie
 * elsewhere; undefined where all is as it was.
 */
export function changedParts(
  before: readonly UsedSource[] | undefined,
  config: Config,
): string[] | undefined {
  const now = sourcesUsed(config);
  if (JSON.stringify(now) === JSON.stringify(before ?? [])) return undefined;
  const filesOf = (used: readonly UsedSource[], part: string) =>
    JSON.stringify(used.find(({ parts }) => parts.includes(part))?.files);
  return now.flatMap((source) =>
    source.parts
      .filter((part) => filesOf(before ?? [], part) !== filesOf(now, part))
      .map(
        (part) =>
          `${part}: now of ${source.path === undefined ? "a program" : placeOf(source)}, other than before`,
      ),
  );
}

/** Whether a run's part came from outside, and is not known in this process. */
export const isForeign = (used: readonly UsedSource[] | undefined, kind: string, name: string): boolean =>
  (used ?? []).some(({ parts }) => parts.includes(nameOf({ kind, name }))) &&
  originOf({ kind, name }) === undefined;

/** A path as a user would write it here. */
const shown = (path: string): string => {
  const here = relative(process.cwd(), path);
  return here.startsWith("..") || isAbsolute(here) ? path : `./${here}`;
};

const placeOf = ({ package: name, path }: UsedSource): string =>
  name ?? (path === undefined ? "FILE" : shown(path));

/** Where a run's part came from, in words: `./dragan.ts`, as far as the run tells. */
export function describeSource(used: readonly UsedSource[] | undefined, kind: string, name: string): string {
  const source = (used ?? []).find(({ parts }) => parts.includes(nameOf({ kind, name })));
  return source === undefined ? "FILE" : placeOf(source);
}

/** As they are written: with their places from the run's folder. */
export async function storeSources(run: string, used: readonly UsedSource[]): Promise<UsedSource[]> {
  const from = await realpath(run).catch(() => resolve(run));
  return used.map((source) =>
    source.path === undefined ? source : { ...source, beside: relative(from, source.path) },
  );
}

/** As they are used: where they are now. */
export async function findSources(run: string, used: readonly UsedSource[]): Promise<UsedSource[]> {
  const from = await realpath(run).catch(() => resolve(run));
  return used.map(({ beside, ...source }) => {
    const moved = beside === undefined ? undefined : resolve(from, beside);
    return moved !== undefined && existsSync(moved) ? { ...source, path: moved } : source;
  });
}

export interface RunPartsOptions {
  /** What to type where a part is not to be had, as `resume`. */
  readonly command: string;
  /** Kinds of parts that can be done without, where what they came from is gone or changed. */
  readonly spares?: readonly string[];
  /** Told each file or package that is imported. */
  readonly onNote?: (message: string) => void;
}

/**
 * Imports the parts from outside that a run is made of, from where they came, as far as no part of that name is known
 * already: what was imported by hand goes first. Nothing is run that is not, byte for byte, what the run was trained with.
 * @param path the run's folder, for messages
 * @throws UsageError where one is gone or changed, with what to type
 */
export async function importRunParts(
  path: string,
  record: { readonly imports?: readonly UsedSource[] | undefined },
  { command, spares = [], onNote }: RunPartsOptions,
): Promise<void> {
  for (const source of record.imports ?? []) {
    // A recipe's numbers are all in the configuration.
    const missing = source.parts
      .map(partOf)
      .filter((part) => part.kind !== "recipe" && originOf(part) === undefined);
    if (missing.length === 0) continue;
    try {
      await importUnchanged(path, source, missing, `gantry ${command} ${shellWord(path)}`);
      onNote?.(`With ${source.parts.join(" and ")} of ${placeOf(source)}, as the run was begun with.`);
    } catch (error) {
      if (!missing.every(({ kind }) => spares.includes(kind))) throw error;
    }
  }
}

async function importUnchanged(
  run: string,
  source: UsedSource,
  missing: readonly Part[],
  command: string,
): Promise<void> {
  const what = missing.map(({ kind, name }) => `the ${kind} '${name}'`).join(" and ");
  const { path, package: name, files = {} } = source;
  if (path === undefined)
    throw new UsageError(
      `${run}: a program gave it ${what}; say which file has it: ${command} --import FILE`,
    );
  if (!existsSync(path))
    throw new UsageError(
      `${run}: ${placeOf(source)}, which ${what} came from, is not there any more; say where it is now: ${command} --import ${name ?? "FILE"}`,
    );
  const now = await findSource(path, "/");
  const changed = changedFile({ path, files }, now);
  if (changed !== undefined)
    throw new UsageError(
      `${run}: ${shown(changed)}, which ${what} came from, is not what it was when the run was begun, and is not run unasked; to go on by it as it is now: ${command} --import ${shellWord(placeOf(source))}`,
    );
  await importSource(
    { ...now, ...(name === undefined ? {} : { package: name, version: String(source.version) }) },
    path,
  );
}
