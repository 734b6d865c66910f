import { pathToFileURL } from "node:url";
import { GantryError, RunError, UsageError } from "../errors.js";
import { isObject } from "../json.js";
import { type Named, type Origin, openSets, type Registry, type Shape } from "../registry.js";
import { changedFile, findSource, namesFile, type PartSource } from "./source.js";

/** A definition and the open set that it joined. */
export interface Part {
  /** What its set calls a member: `term`, `recipe`, `data set`. */
  readonly kind: string;
  readonly name: string;
}

const KINDS = "a term, network family, recipe, data set, metric or study";

/** What was imported in this process, for processes that it starts. */
const imported = new Map<string, PartSource>();

/** Every source of parts that this process imported, for {@link importAgain} in another. Plain JSON. */
export const importedSources = (): PartSource[] => [...imported.values()];

/**
 * Imports files or packages, and hands every definition that they export to the open set of its kind, in order. TypeScript
 * is read too. A definition is a plain object of a kind's shape, made by `defineTerm` and its like or not.
 *
 * @param texts `./dragan.ts`, or the name of an installed package
 * @param cwd what they are looked for from; default the current folder
 * @returns the parts of each
 * @throws UsageError for what is not there, exports no definition, or one whose name is taken; RunError for what fails as
 * it is loaded
 */
export async function importParts(texts: readonly string[], cwd = process.cwd()): Promise<Part[][]> {
  const found: Part[][] = [];
  for (const text of texts) found.push(await importSource(await findSource(text, cwd), text));
  return found;
}

/**
 * Imports what {@link findSource} found.
 * @param label what it is called in messages
 */
export async function importSource(source: PartSource, label: string): Promise<Part[]> {
  const module = await importModule(source.path, label);
  // What CommonJS exports, and a list of definitions, is one default export.
  const inside = setOf(module.default) === undefined && isObject(module.default) ? module.default : {};
  const values = [...new Set([...Object.values(module), ...Object.values(inside)])];
  const parts = values.flatMap((value) => {
    const set = setOf(value);
    return set === undefined ? [] : [{ set, value: value as Named }];
  });
  if (parts.length === 0)
    throw new UsageError(
      `${label}: it exports no definition (${KINDS}); export one that defineTerm or its like made`,
    );
  await join(parts, { label, source });
  imported.set(source.path, source);
  return parts.map(({ set: { kind }, value: { name } }) => ({ kind, name }));
}

/**
 * Hands definitions that a program made to the open sets of their kinds.
 * @throws UsageError for what is no definition, lacks something, or has a name that is taken
 */
export async function register(...definitions: readonly Named[]): Promise<void> {
  const parts = definitions.map((value) => {
    const set = setOf(value);
    if (set === undefined)
      throw new UsageError(
        `${label(value)}: this is no definition (${KINDS}); defineTerm and its like make one`,
      );
    return { set, value };
  });
  for (const part of parts) await join([part], { label: label(part.value), source: undefined });
}

const label = (value: unknown) =>
  isObject(value) && typeof value.name === "string" ? value.name : String(value);

async function join(
  parts: readonly { readonly set: Registry<Named>; readonly value: Named }[],
  origin: Origin,
): Promise<void> {
  // All of them or none.
  for (const { set, value } of parts) {
    refuseIncomplete(set, value, origin.label);
    await set.refuseTaken(value, origin);
  }
  for (const { set, value } of parts) await set.add(value, origin);
}

/** The open set that a value is meant for; undefined for what is no definition. */
function setOf(value: unknown): Registry<Named> | undefined {
  if (!isObject(value)) return undefined;
  return openSets.find(({ shape }) => shape?.marks.every((mark) => value[mark] !== undefined));
}

const WORDS: Readonly<Record<Shape["needs"][string], (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string" && value.trim() !== "",
  number: (value) => typeof value === "number",
  function: (value) => typeof value === "function",
  // Of whatever copy of Zod it was made.
  options: (value) => typeof (value as { safeParse?: unknown } | undefined)?.safeParse === "function",
  object: isObject,
  list: Array.isArray,
};

function refuseIncomplete({ kind, shape }: Registry<Named>, value: Named, label: string): void {
  const name: unknown = value.name;
  const what = `${label}: the ${kind}${typeof name === "string" ? ` '${name}'` : ""}`;
  for (const [property, type] of Object.entries(shape?.needs ?? {}))
    if (!WORDS[type]((value as unknown as Readonly<Record<string, unknown>>)[property]))
      throw new UsageError(
        `${what} has no ${property} (${type === "options" ? "a z.strictObject" : type}); see docs/own-parts.md`,
      );
  if (!/^\w[\w-]*$/.test(value.name))
    throw new UsageError(`${what} cannot be called that; a name is of letters, digits and -`);
}

/**
 * Imports a module, whatever it is written in.
 * @throws RunError in one line
 */
export async function importModule(path: string, label: string): Promise<Readonly<Record<string, unknown>>> {
  await import("./typescript.js");
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    // A mistake that a definition's own code tells of is told as it is.
    if (error instanceof GantryError) throw error;
    const { message = String(error), code, name, stack } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
    const isLoading = name === "SyntaxError" || code?.startsWith("ERR_") === true;
    const what = isLoading ? "cannot be loaded" : "threw as it was loaded";
    // Where Node itself strips types it tells the line at the head of the stack alone.
    const line =
      code === "ERR_INVALID_TYPESCRIPT_SYNTAX" || code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX"
        ? ` (line ${/^.*:(\d+)\n/.exec(stack ?? "")?.[1] ?? "unknown"})`
        : "";
    throw new RunError(`${label}: ${what}: ${message.split("\n")[0]}${line}`, { cause: error });
  }
}

/**
 * `--with`: a term by its name, or by a file of terms, which is then imported: `./dragan.ts`, and `./terms.ts#dragan` where
 * there are several.
 * @returns the term's name
 * @throws UsageError as {@link importParts}, and where the file has no term, several, or none of that name
 */
export async function termNamed(text: string, cwd = process.cwd()): Promise<string> {
  const [, file = text, wanted] = /^(.*?)#([\w-]+)$/.exec(text) ?? [];
  if (!namesFile(file)) return text;
  const [parts = []] = await importParts([file], cwd);
  const terms = parts
    .filter(({ kind }) => kind === "term")
    .map(({ name }) => name)
    .sort();
  const chosen =
    wanted === undefined && terms.length === 1 ? terms[0] : terms.find((name) => name === wanted);
  if (chosen !== undefined) return chosen;
  if (terms.length === 0) throw new UsageError(`${file}: it exports no term; give it by --import ${file}`);
  throw new UsageError(
    wanted === undefined
      ? `${file}: it has several terms; name one, as ${file}#${terms[0]}: ${terms.join(", ")}`
      : `${file}: it has no term '${wanted}', only ${terms.join(", ")}`,
  );
}

/**
 * Imports what another process had imported. What is not as it was there, is gone, or of a kind that this process knows
 * nothing of (studies) is left out: nothing is run that nobody named.
 */
export async function importAgain(sources: readonly PartSource[]): Promise<void> {
  for (const source of sources) {
    const now = await findSource(source.path, "/").catch(() => undefined);
    if (now !== undefined && changedFile(source, now) === undefined)
      await importSource(source, source.path).catch(() => {});
  }
}
