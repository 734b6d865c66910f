import { realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { amount } from "../base/amount.js";
import { isObject, type JsonObject, merge } from "../base/json.js";
import type { Config } from "../config/schema.js";
import type { Dataset } from "../data/dataset.js";
import type { DataShape } from "../nets/sample.js";
import { shapeOf } from "../nets/sample.js";
import type { RunRecord } from "./files.js";

/** Settings of data that are places, and where a record keeps them absolutely. */
const PLACES = [
  ["path", "dataPath"],
  ["labels", "labelsPath"],
] as const;

const isThere = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined)) !== undefined;

/** A folder behind all links that lead to it, with a name in it: links on the way say nothing of what moves together. */
const placeOf = async (folder: string, name = "."): Promise<string> =>
  join(await realpath(folder).catch(() => resolve(folder)), name);

/** A record as it is written: places of data relative to the run's folder, so that both can be moved together. */
export async function storeData(run: string, record: RunRecord): Promise<RunRecord> {
  const data: Record<string, unknown> = { ...record.config.data };
  const absolute: { dataPath?: string; labelsPath?: string } = {};
  for (const [key, kept] of PLACES) {
    const place = data[key];
    if (typeof place !== "string") continue;
    absolute[kept] = resolve(place);
    data[key] = relative(
      await placeOf(run),
      await placeOf(dirname(absolute[kept]), basename(absolute[kept])),
    );
  }
  const { dataPath: _, labelsPath: __, ...rest } = record;
  return { ...rest, ...absolute, config: { ...record.config, data: data as Config["data"] } };
}

/** A record as it is used: places of data absolute, where they are now; where they were, if they are nowhere. */
export async function findData(run: string, record: RunRecord): Promise<RunRecord> {
  if (!isObject(record.config.data)) return record;
  const data: Record<string, unknown> = { ...record.config.data };
  for (const [key, kept] of PLACES) {
    const [place, absolute] = [data[key], record[kept]];
    if (typeof place !== "string" || absolute === undefined) continue;
    const beside = resolve(await placeOf(run), place);
    data[key] = (await isThere(beside)) ? beside : absolute;
  }
  return { ...record, config: { ...record.config, data: data as Config["data"] } };
}

/** The same configuration with places that do not depend on the current folder. */
export function withAbsoluteData(config: Config, cwd = process.cwd()): Config {
  const data: Record<string, unknown> = { ...config.data };
  for (const [key] of PLACES) {
    const place = data[key];
    // An empty one is refused where it is opened.
    if (typeof place === "string" && place !== "") data[key] = resolve(cwd, place);
  }
  return { ...config, data: data as Config["data"] };
}

/** The same configuration with places behind all links, so that two ways to one place compare as equal. */
export async function withRealData(config: Config): Promise<Config> {
  const data: Record<string, unknown> = { ...config.data };
  for (const [key] of PLACES) {
    const place = data[key];
    if (typeof place === "string" && place !== "") data[key] = await placeOf(place);
  }
  return { ...config, data: data as Config["data"] };
}

/**
 * A run's configuration on data that is named instead of its own.
 * @param data `{ path }` or `{ name }`, as after --data, and `{ labels }`, as after --labels. Between two paths the options
 * (size, channels, ...) stay, and so does a file of labels; one that lay in the data is looked for in its new place. A folder
 * of images in the place of a set by name is decoded to the shape that the networks were made for.
 */
export async function withOtherData(
  config: Config,
  data: JsonObject,
  shape: DataShape | undefined,
): Promise<Config> {
  const before = config.data as JsonObject;
  // The same set by name, or another file of labels alone.
  const isOwn = data.path === undefined && (data.name ?? before.name) === before.name;
  if (isOwn || (before.path !== undefined && before.name === undefined && data.path !== undefined)) {
    const labels = await movedLabels(before, data);
    return { ...config, data: { ...merge(before, data), ...labels } as Config["data"] };
  }
  const [channels, height, width] = shape?.kind === "images" ? shape.shape : [];
  const fits = data.path !== undefined && channels !== undefined && height === width;
  return { ...config, data: { ...data, ...(fits ? { size: height, channels } : {}) } as Config["data"] };
}

/** Where a file of labels is that lay in the data, and moved with it. */
async function movedLabels(before: JsonObject, data: JsonObject): Promise<JsonObject> {
  const [from, labels, to] = [before.path, before.labels, data.path];
  if (typeof from !== "string" || typeof labels !== "string" || typeof to !== "string") return {};
  if (data.labels !== undefined) return {};
  const inside = relative(from, labels);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) return {};
  const moved = join(to, inside);
  return (await isThere(moved)) ? { labels: moved } : {};
}

/** What of a data set a run keeps in its record. */
export const recordOf = (dataset: Dataset): NonNullable<RunRecord["data"]> => ({
  ...shapeOf(dataset),
  ...(dataset.classes === undefined ? {} : { classNames: dataset.classes }),
  count: dataset.count,
});

/** A run's configuration, and its data's record. */
interface Trained {
  readonly config: Config;
  readonly data?: RunRecord["data"] | undefined;
}

/**
 * Classes by their numbers, where those are not the ones that conditional networks were trained by; undefined where they are,
 * where no network looks at them, and where the run is of a version that kept no names and as many classes.
 */
export function describeClassChange({ config, data }: Trained, dataset: Dataset): string | undefined {
  const now = dataset.classes;
  if (!config.conditional || data === undefined) return undefined;
  const { classNames: before, classes: count } = data;
  if (before === undefined ? count === now?.length : before.join("\0") === now?.join("\0")) return undefined;
  const were = before === undefined ? `${count ?? 0}` : some(before);
  return `classes: ${some(now ?? [])}, instead of ${were}`;
}

const SHOWN = 10;

const some = (names: readonly string[]): string =>
  names.length === 0
    ? "none"
    : `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ""}`;

/**
 * What going on with this data changes, in one line; undefined for nothing.
 * @param isSame whether what it holds is what was trained on
 */
export function describeDataChange(
  before: Trained,
  dataset: Dataset,
  config: Config,
  isSame: boolean,
): string | undefined {
  const nameOf = ({ data }: Config) => data.path ?? data.name ?? "";
  const [from, to] = [nameOf(before.config), nameOf(config)];
  if (isSame) return from === to ? undefined : `data: the same, now at ${to} instead of ${from}`;
  const count = before.data?.count;
  const was = [from === to ? undefined : from, count === undefined ? undefined : amount(count, "items")]
    .filter((part) => part !== undefined)
    .join(", ");
  const classes = describeClassChange(before, dataset);
  return [
    `data: other than before: ${to}, ${amount(dataset.count, "items")}${was === "" ? "" : `, instead of ${was}`}`,
    ...(classes === undefined ? [] : [classes]),
    "its order begins anew",
  ].join("; ");
}
