import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { didYouMean } from "../base/nearest.js";
import { type DataContext, dataContext } from "./context.js";
import type { Dataset } from "./dataset.js";
import { type DatasetDefinition, datasets, openDefinition } from "./registry.js";

/**
 * A data set to open: the name of a known one or a path, alone or as `name` (or `path`) with options beside it.
 * What the options are is in each definition of `datasets/`.
 */
export type DatasetSpec =
  | string
  | ({ readonly name?: string; readonly path?: string } & Readonly<Record<string, unknown>>);

/**
 * Opens a data set by name (its files found in the known places) or by path (a folder, zip or tar of images, a folder of
 * CIFAR batches, an IDX file or a folder of them, a CSV or .npy file of points).
 *
 * @throws {UsageError} an unknown name (naming the nearest known one), a path where nothing is, bad options, or files
 * that are not on this machine (saying where they were looked for, and what gets them).
 * @throws {FormatError} files that are damaged.
 */
export async function openDataset(spec: DatasetSpec, context?: Partial<DataContext>): Promise<Dataset> {
  const full = dataContext(context);
  const { name, ...options } = typeof spec === "string" ? { name: spec } : spec;
  for (const [what, text] of Object.entries({ name, path: options.path }))
    if (typeof text === "string" && text.trim() === "")
      throw new UsageError(
        `the ${what} of the data set is empty; give a name (gantry data lists them) or a path`,
      );
  if (name === undefined) {
    if (typeof options.path !== "string") throw new UsageError("a data set needs a name or a path");
    return await openPath(options.path, options, full);
  }
  const known = await datasets.all();
  const definition = known.get(name);
  if (definition !== undefined) {
    if (options.path === undefined && (await exists(resolve(full.cwd, name))))
      full.onNotice(
        `'${name}' is the known data set, and there is a file or folder of that name here too; for that one say ./${name}`,
      );
    return await openDefinition(definition, options, full);
  }
  if (/[\\/]/.test(name) || (await exists(resolve(full.cwd, name))))
    return await openPath(name, options, full);
  // A file name that is not there is more likely a wrong path than a wrong name.
  if (/\.\w+$/.test(name)) throw missing(name, full, didYouMean(name, known.keys()));
  return await openDefinition(await datasets.get(name), options, full);
}

async function openPath(
  path: string,
  options: Readonly<Record<string, unknown>>,
  context: DataContext,
): Promise<Dataset> {
  const definition = await recognisePath(path, context);
  return await openDefinition(definition, { ...options, path: resolve(context.cwd, path) }, context);
}

/**
 * What kind of data lies at a path.
 * @throws UsageError where nothing is, or nothing that is known
 */
export async function recognisePath(path: string, context: DataContext): Promise<DatasetDefinition> {
  const absolute = resolve(context.cwd, path);
  if (!(await exists(absolute))) throw missing(path, context, "");
  let broad: DatasetDefinition | undefined;
  for (const definition of (await datasets.all()).values()) {
    const recognition = await definition.recognise?.(absolute);
    if (recognition === "exactly") return definition;
    if (recognition === "broadly") broad ??= definition;
  }
  if (broad !== undefined) return broad;
  throw new UsageError(
    `${path} is not a data set: give a folder, zip or tar of images, a folder of CIFAR batches, an IDX file, or points as .csv or .npy`,
  );
}

function missing(path: string, context: DataContext, instead: string): UsageError {
  return new UsageError(`there is no file or folder ${resolve(context.cwd, path)}${instead}`);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
