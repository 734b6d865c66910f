import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@gantry/formats";
import { amount } from "../core/base/amount.js";
import { RunError, UsageError } from "../core/base/errors.js";
import { isObject, type Json } from "../core/base/json.js";
import { importAgain } from "../core/base/plugins/plugins.js";
import { validateConfig } from "../core/config/config.js";
import { makeFolder } from "../core/run/claim.js";
import { GANTRY_VERSION } from "../core/run/directory.js";
import { canonical, describeValue, differences } from "../evaluation/compare/differences.js";
import type { Sweep, SweepCell } from "./sweep.js";

const FILE = "sweep.json";

/**
 * Writes down what a folder's sweep is; where it is there already, it must be the same.
 * @throws UsageError where the folder holds another sweep, with what is different
 */
export async function keepSweep(folder: string, sweep: Sweep): Promise<void> {
  const before = await readSweep(folder);
  if (before !== undefined) {
    const why = difference(before, sweep);
    if (why === undefined) return;
    throw new UsageError(`${folder}: it holds another sweep: ${why}; give this one another --out`);
  }
  await makeFolder(folder);
  const text = `${JSON.stringify({ gantry: GANTRY_VERSION, ...sweep }, null, 1)}\n`;
  await writeFileAtomically(join(folder, FILE), new TextEncoder().encode(text));
}

/**
 * The sweep of a folder; undefined where there is none. What it imported is imported again, where that is as it was.
 * @throws RunError where its file is damaged
 */
export async function readSweep(folder: string): Promise<Sweep | undefined> {
  const file = join(folder, FILE);
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RunError(`${file}: damaged, not readable as JSON`, { cause: error });
  }
  if (!isObject(value) || !Array.isArray(value.cells) || !Array.isArray(value.imports))
    throw new RunError(`${file}: damaged, it names no cells`);
  const sweep = value as unknown as Sweep;
  await importAgain(sweep.imports);
  // What later versions have more, with its default.
  const cells = await Promise.all(
    sweep.cells.map(
      async (cell): Promise<SweepCell> => ({ ...cell, config: await validateConfig(cell.config) }),
    ),
  );
  return { name: sweep.name, cells, halving: sweep.halving ?? null, imports: sweep.imports };
}

/** In what two sweeps differ, in a few words. */
function difference(before: Sweep, now: Sweep): string | undefined {
  const namesOf = ({ cells }: Sweep) => cells.map(({ name }) => name);
  const [had, has] = [namesOf(before), namesOf(now)];
  if (had.length !== has.length)
    return `it has ${amount(had.length, "cells")}, and ${has.length} are asked for`;
  const stranger = has.find((name) => !had.includes(name));
  if (stranger !== undefined) return `it has no cell ${stranger}`;
  for (const { name, config } of now.cells) {
    const other = before.cells.find((cell) => cell.name === name)?.config;
    const [first] = differences([other, config] as unknown as Json[]);
    if (first !== undefined)
      return `${first.path} is ${first.values.map(describeValue).join(", and ")} is asked for`;
  }
  const [old, wished] = [before, now].map(({ halving }) => halving as unknown as Json);
  if (canonical(old) !== canonical(wished)) return "its successive halving is another";
  return undefined;
}
