// Opening the data of a configuration, and saying what to type where a run's is not there any more.
import { stat } from "node:fs/promises";
import { UsageError } from "../base/errors.js";
import { type DataContext, type Dataset, openDataset } from "../data/index.js";
import type { Config } from "./schema.js";

/**
 * Opens the data set of a configuration.
 * @throws UsageError, FormatError
 */
export function openConfiguredData(config: Config, context?: Partial<DataContext>): Promise<Dataset> {
  return openDataset(config.data as { name?: string; path?: string }, context);
}

/**
 * Opens the data of a run.
 * @param own the run's configuration, where `config` may be one on other data
 * @param command what to type where the data is not there any more, as `resume runs/x`
 * @throws UsageError naming that command with --data
 */
export async function openRunData(
  config: Config,
  own: Config,
  command: string,
  context?: Partial<DataContext>,
): Promise<Dataset> {
  try {
    return await openConfiguredData(config, context);
  } catch (error) {
    // A place that was just named is wrong, and did not move.
    const [{ path, labels }, before] = [config.data, own.data];
    const kept = {
      path: path === before.path ? path : undefined,
      labels: labels === before.labels ? labels : undefined,
    };
    throw await explainMissing(error, kept, command);
  }
}

/** The error, or what to type where it comes from data, or labels, that are not there any more. */
export async function explainMissing(
  error: unknown,
  { path, labels }: Readonly<Record<string, unknown>>,
  command: string,
): Promise<unknown> {
  for (const [place, what, option] of [
    [path, "data is", "--data PATH"],
    [labels, "file of labels is", "--labels FILE"],
  ] as const) {
    if (typeof place === "string" && !(await isThere(place)))
      return new UsageError(
        `${place}: the run's ${what} not there any more; say where it is now: gantry ${command} ${option}`,
        { cause: error },
      );
  }
  return error;
}

const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;
