import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { JsonObject } from "@gantry/gan";
import { UsageProblem } from "./errors.js";

/**
 * A whole configuration: a run's config.json, what `train --dry-run --json` or `recipes show --json` printed, or the same by hand.
 * @throws UsageProblem for what is none
 */
export async function readConfigFile(path: string): Promise<JsonObject> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageProblem(
      error.code === "ENOENT"
        ? `--config ${path}: there is no such file`
        : `--config ${path}: ${error.message}`,
    );
  });
  const objects = parse(text).filter(isObject);
  const holder = objects.find(({ config }) => isObject(config)) ?? objects.find(({ net }) => isObject(net));
  if (holder === undefined)
    throw new UsageProblem(
      `--config ${path}: it holds no configuration; give a run's config.json, or what 'gantry train RECIPE --dry-run --json' prints`,
    );
  // Of a run, whose data may lie beside it.
  if (basename(path) === "config.json" && "gantry" in holder) {
    const { RunDirectory } = await import("@gantry/gan");
    return (await RunDirectory.open(dirname(path))).config as unknown as JsonObject;
  }
  return isObject(holder.config) ? holder.config : holder;
}

/** One JSON value, or one a line. */
function parse(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text.split("\n").flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
