import { z } from "zod";
import { UsageError } from "../base/errors.js";
import { type Named, Registry } from "../base/registry.js";
import { validate } from "../base/validate.js";
import { type DataContext, dataContext } from "./context.js";
import type { Dataset } from "./dataset.js";
import type { FetchPlan } from "./fetch.js";
import type { Parts } from "./parts.js";
import { type ListedDataset, type Locate, listed } from "./places.js";

/** How sure a definition is that a path is of its kind: `broadly` gives way to `exactly`. */
export type Recognition = "exactly" | "broadly" | undefined;

/** One data set that Gantry knows by name: a file in `datasets/` with this as its default export. */
export interface DatasetDefinition extends Named {
  /** What {@link open} takes, for help texts. */
  readonly options: z.ZodObject;
  /** Names of its classes, for recognising its images where they come from elsewhere. */
  readonly classes?: readonly string[];
  /** What its images are composed of, where they are: metrics that name modes then look at the parts. */
  readonly parts?: Parts;
  /** Where its files are; absent for data that is computed and for data that is only opened by path. */
  readonly locate?: Locate;
  /** Whether the file or folder at an absolute path, which exists, is of this kind. */
  readonly recognise?: (path: string) => Promise<Recognition>;
  /** Where its files can be downloaded. */
  readonly fetch?: FetchPlan;
  /**
   * Opens it, by options that {@link openDefinition} has parsed.
   * @throws UsageError for bad options and missing data, `FormatError` for damaged files
   */
  open(options: unknown, context: DataContext): Promise<Dataset>;
}

/** A definition as its author writes it: `open` gets the options parsed, defaults filled in. */
interface TypedDefinition<Shape extends z.ZodRawShape> extends Omit<DatasetDefinition, "options" | "open"> {
  readonly options: z.ZodObject<Shape>;
  open(options: z.output<z.ZodObject<Shape>>, context: DataContext): Promise<Dataset>;
}

/** Lets TypeScript infer the options' type. */
export function defineDataset<Shape extends z.ZodRawShape>(
  definition: TypedDefinition<Shape>,
): DatasetDefinition {
  // Zod's object types are not assignable across shapes; whoever opens it checks the options first.
  return definition as unknown as DatasetDefinition;
}

/**
 * Opens a data set, its options checked and their defaults filled in.
 * @throws UsageError for bad options and missing data, `FormatError` for damaged files
 */
export async function openDefinition(
  definition: DatasetDefinition,
  options: unknown,
  context: DataContext,
): Promise<Dataset> {
  const { name, options: schema } = definition;
  const shape: Readonly<Record<string, unknown>> = schema.shape;
  const given = options as { path?: unknown } | undefined;
  if (shape.path instanceof z.ZodString && given?.path === undefined)
    throw new UsageError(`data set ${name}: its path is missing; give --data PATH, or set data.path`);
  return await definition.open(validate(schema, options, `data set ${name}`), context);
}

/** All data sets known by name: the files of `datasets/`. */
export const datasets = new Registry<DatasetDefinition>("data set", new URL("./datasets/", import.meta.url), {
  marks: ["open"],
  needs: { name: "text", summary: "text", options: "options", open: "function" },
});

/**
 * A configuration's data with the defaults of its set filled in, so that what is the same reads the same. As it is where the
 * set is not known here, as one of a run's own, is opened by its path alone, or does not take these options, as an older one.
 */
export async function completeData<Data extends { readonly name?: string | undefined }>(
  data: Data,
): Promise<Data> {
  const { name, ...options } = data;
  const definition = name === undefined ? undefined : (await datasets.all()).get(name);
  const parsed = definition?.options.safeParse(options);
  return parsed?.success ? ({ name, ...parsed.data } as unknown as Data) : data;
}

/** All data sets known by name, with where they are. */
export async function listDatasets(context?: Partial<DataContext>): Promise<ListedDataset[]> {
  const full = dataContext(context);
  const definitions = [...(await datasets.all()).values()];
  return await Promise.all(
    definitions.map(async (definition) =>
      listed(definition, isByPath(definition), await definition.locate?.(full)),
    ),
  );
}

/** Whether it is opened by its path alone: a kind of files rather than a set. */
export const isByPath = ({ locate, recognise }: DatasetDefinition): boolean =>
  locate === undefined && recognise !== undefined;
