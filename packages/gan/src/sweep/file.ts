import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UsageError } from "../core/base/errors.js";
import type { Json } from "../core/base/json.js";
import { importModule } from "../core/base/plugins/plugins.js";
import { parseSetting, parseValue, splitOutside } from "../core/base/setting.js";
import { type CheckedSpec, checkSpec, parseRange, type SweepRange } from "./spec.js";

/** Whether a word names a sweep's file rather than recipes. */
export const namesSweepFile = (text: string): boolean => /\.(json|[cm]?[jt]s)$/.test(text);

/**
 * A sweep's file: JSON, or a module whose default export is the sweep.
 * @returns the sweep, and what it is called where it does not say: the file's name without its ending
 * @throws UsageError, RunError in one line
 */
export async function readSweepFile(file: string): Promise<{ spec: CheckedSpec; name: string }> {
  const name = basename(file)
    .replace(/(\.sweep)?\.\w+$/, "")
    .replace(/[^\w.-]+/g, "-");
  return { spec: checkSpec(await read(file), file), name };
}

async function read(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${file}: ${error.code === "ENOENT" ? "no such file" : error.message}`, {
      cause: error,
    });
  });
  if (!file.endsWith(".json")) {
    const { default: spec } = await importModule(resolve(file), file);
    if (spec === undefined)
      throw new UsageError(`${file}: it has no default export; write export default defineSweep({ ... })`);
    return spec;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file}: it is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** What one `--set` of a sweep says: values that are tried, or a range that they are drawn from. */
export interface Axis {
  readonly path: string;
  readonly values: readonly Json[];
  readonly range: SweepRange | undefined;
}

/**
 * `terms.infomax.alpha=.1,.2` as the values of a path; commas in brackets, braces and quotes belong to a value.
 * @throws UsageError for what is no setting
 */
export function parseAxis(text: string): Axis {
  const equals = text.indexOf("=");
  // Refuses what is none.
  parseSetting(equals < 0 ? text : `${text.slice(0, equals)}=0`);
  const path = text.slice(0, equals);
  const words = splitOutside(text.slice(equals + 1));
  const range = words.length === 1 ? parseRange(words[0]!) : undefined;
  if (words.includes("") && words.length > 1)
    throw new UsageError(`${path}: '${text.slice(equals + 1)}' has an empty value; write path=value,value`);
  return { path, range, values: range === undefined ? words.map((word) => parseValue(word, path)) : [] };
}
