import { stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { amount } from "../amount.js";
import type { Config } from "../config/config.js";
import { type JsonObject, merge } from "../config/merge.js";
import type { DataContext, Dataset } from "../data/index.js";
import { UsageError } from "../errors.js";
import type { DataShape } from "../game/sample.js";
import type { RunRecord } from "./runDirectory.js";
import { openConfiguredData, shapeOf } from "./setup.js";

/** A record as it is written: the data's path relative to the run's folder, so that both can be moved together. */
export function storeData(run: string, record: RunRecord): RunRecord {
  const { path } = record.config.data;
  if (path === undefined) return record;
  const dataPath = resolve(path);
  const config = {
    ...record.config,
    data: { ...record.config.data, path: relative(resolve(run), dataPath) },
  };
  return { ...record, dataPath, config };
}

/** A record as it is used: the data's path absolute, where it lies now; where it lay, if it is nowhere. */
export async function findData(run: string, record: RunRecord): Promise<RunRecord> {
  const { path } = record.config.data ?? {};
  if (path === undefined || record.dataPath === undefined) return record;
  const beside = resolve(run, path);
  const found = (await stat(beside).catch(() => undefined)) === undefined ? record.dataPath : beside;
  return { ...record, config: { ...record.config, data: { ...record.config.data, path: found } } };
}

/** The same configuration with a path that does not depend on the current folder. */
export function withAbsoluteData(config: Config, cwd = process.cwd()): Config {
  const { path } = config.data;
  // An empty one is refused where it is opened.
  return path === undefined || path === ""
    ? config
    : { ...config, data: { ...config.data, path: resolve(cwd, path) } };
}

/**
 * A run's configuration on data that is named instead of its own.
 * @param data `{ path }` or `{ name }`, as after --data. Between two paths the options (size, channels, ...) stay; a folder
 * of images in the place of a set by name is decoded to the shape that the networks were made for.
 */
export function withOtherData(config: Config, data: JsonObject, shape: DataShape | undefined): Config {
  const before = config.data as JsonObject;
  if (before.path !== undefined && before.name === undefined && data.path !== undefined)
    return { ...config, data: merge(before, data) as Config["data"] };
  const [channels, height, width] = shape?.kind === "images" ? shape.shape : [];
  const fits = data.path !== undefined && channels !== undefined && height === width;
  return { ...config, data: { ...data, ...(fits ? { size: height, channels } : {}) } as Config["data"] };
}

/**
 * Opens the data of a run.
 * @param command what to type where the data is not there any more, as `resume runs/x`
 * @throws UsageError naming that command with --data
 */
export async function openRunData(
  config: Config,
  command: string,
  context?: Partial<DataContext>,
): Promise<Dataset> {
  try {
    return await openConfiguredData(config, context);
  } catch (error) {
    throw await explainMissing(error, config.data.path, command);
  }
}

/** The error, or what to type where it comes from a path that is not there any more. */
export async function explainMissing(
  error: unknown,
  path: string | undefined,
  command: string,
): Promise<unknown> {
  const isMissing = path !== undefined && (await stat(path).catch(() => undefined)) === undefined;
  if (!isMissing) return error;
  return new UsageError(
    `${path}: the run's data is not there any more; say where it is now: gantry ${command} --data PATH`,
    { cause: error },
  );
}

/** What of a data set a run keeps in its record. */
export const recordOf = (dataset: Dataset): NonNullable<RunRecord["data"]> => ({
  ...shapeOf(dataset),
  count: dataset.count,
});

/**
 * What going on with this data changes, in one line; undefined for nothing.
 * @param isSame whether what it holds is what was trained on
 */
export function describeDataChange(
  before: { readonly config: Config; readonly data?: RunRecord["data"] },
  dataset: Dataset,
  config: Config,
  isSame: boolean,
): string | undefined {
  const placeOf = ({ data }: Config) => data.path ?? data.name ?? "";
  const [from, to] = [placeOf(before.config), placeOf(config)];
  if (isSame) return from === to ? undefined : `data: the same, now at ${to} instead of ${from}`;
  const count = before.data?.count;
  const was = [from === to ? undefined : from, count === undefined ? undefined : amount(count, "items")]
    .filter((part) => part !== undefined)
    .join(", ");
  return `data: other than before: ${to}, ${amount(dataset.count, "items")}${was === "" ? "" : `, instead of ${was}`}; its order begins anew`;
}
