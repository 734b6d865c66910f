import type { z } from "zod";
import { amount } from "./amount.js";
import { UsageError } from "./errors.js";
import { didYouMean } from "./nearest.js";
import { unknownSetting } from "./unknown.js";

/** What of a Zod schema is looked at here: Zod's own types hide which of these a given schema has. */
interface Inside {
  readonly shape?: Readonly<Record<string, Inside>>;
  readonly valueType?: Inside;
  readonly options?: readonly unknown[];
  readonly def?: {
    readonly innerType?: Inside;
    readonly discriminator?: string;
    readonly values?: readonly unknown[];
  };
}

/** The schema inside defaults, nullables and optionals; of a union, the member that the value says it is, or the object. */
function unwrap(schema: Inside | undefined, value: unknown): Inside | undefined {
  let here = schema;
  while (here?.def?.innerType !== undefined) here = here.def.innerType;
  const key = here?.def?.discriminator;
  if (here === undefined) return here;
  // Of a number or a schedule, the schedule: a number has no keys.
  if (key === undefined)
    return (here.options as Inside[] | undefined)?.find((option) => option.shape !== undefined) ?? here;
  const kind = (value as Record<string, unknown> | undefined)?.[key];
  return (here.options as Inside[]).find((option) => option.shape?.[key]?.def?.values?.includes(kind));
}

/** The keys that the object schema at `path` knows, for naming the nearest; empty for other schemas. */
function knownKeys(schema: Inside, path: readonly PropertyKey[], value: unknown): string[] {
  let here = unwrap(schema, value);
  let given = value;
  for (const key of path) {
    given = (given as Record<PropertyKey, unknown> | undefined)?.[key];
    here = unwrap(here?.shape?.[String(key)] ?? here?.valueType, given);
  }
  return Object.keys(here?.shape ?? {});
}

/** Zod's names of types where a user would say otherwise. */
const WORDS: Readonly<Record<string, string>> = {
  array: "a list",
  tuple: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

/** The values that were allowed, where there was a choice. */
function choices(issue: z.core.$ZodIssue, schema: Inside): readonly unknown[] {
  if (issue.code === "invalid_value") return issue.values;
  if (issue.code !== "invalid_union" || issue.discriminator === undefined) return [];
  const key = issue.discriminator;
  let here: Inside | undefined = schema;
  for (const part of issue.path.slice(0, -1)) {
    while (here?.def?.innerType !== undefined) here = here.def.innerType;
    here = here?.shape?.[String(part)] ?? here?.valueType;
  }
  return ((here?.options ?? []) as Inside[]).flatMap((option) => option.shape?.[key]?.def?.values ?? []);
}

/** What a value had to be, in this project's words: Zod's own never reach anybody. */
export function expectation(issue: z.core.$ZodIssue, allowed: readonly unknown[] = []): string {
  return allowed.length > 0
    ? `expected ${allowed.map((value) => JSON.stringify(value)).join(" or ")}`
    : `expected ${wanted(issue)}`.replace(/^expected (?=must be )/, "");
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return WORDS[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "too_small":
      return bounded(issue.origin, issue.minimum, issue.inclusive === false ? "above" : "of at least");
    case "too_big":
      return bounded(issue.origin, issue.maximum, issue.inclusive === false ? "below" : "of at most");
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "invalid_format":
      // A schema that says what it wants says it beginning with "must be".
      return issue.message.startsWith("must be ") ? issue.message : `a text of the form ${issue.format}`;
    case "invalid_union":
      return unionOf(issue.errors);
    case "unrecognized_keys":
      return `an object without ${issue.keys.map((key) => `'${key}'`).join(", ")}`;
    case "custom":
      return issue.message;
    default:
      return "something else";
  }
}

/** `a number of at least 1`, `a list of at most 2`, `a text that is not empty`. */
function bounded(origin: string, bound: number | bigint, relation: string): string {
  if (origin === "string" && Number(bound) === 1) return "a text that is not empty";
  const what = WORDS[origin] ?? origin;
  if (origin !== "array" && origin !== "string") return `${what} ${relation} ${bound}`;
  const parts = origin === "array" ? "values" : "characters";
  return `${what} ${relation} ${amount(Number(bound), parts)}`;
}

/** Of the ways in which a value may be given, those that are left: one whose kind is right says best what is wrong. */
function unionOf(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  const first = errors.map((issues) => issues[0]).filter((issue) => issue !== undefined);
  const meant = first.filter((issue) => issue.path.length > 0 || issue.code !== "invalid_type");
  const [only] = meant;
  if (meant.length === 1 && only !== undefined)
    return `${wanted(only)}${only.path.length === 0 ? "" : ` at ${only.path.map(String).join(".")}`}`;
  return [...new Set(first.map(wanted))].join(" or ");
}

/**
 * Checks a value against a schema; the first problem becomes one line.
 * @param where what the value belongs to: a path, as `terms.infomax`, or words, as `data set ring`; empty at the top
 * @throws UsageError naming the path, what was expected, and the nearest known key for an unknown one
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt key says more than the key that is missing because of it.
  const unknown = issues.find((issue) => issue.code === "unrecognized_keys");
  const issue = unknown ?? issues[0]!;
  const separator = where.includes(" ") ? ": " : ".";
  const path = issue.path.map(String).join(".");
  const at = [where, path].filter((part) => part !== "").join(separator);
  if (unknown !== undefined) {
    const key = unknown.keys[0] ?? "";
    const known = knownKeys(schema as Inside, unknown.path, value);
    throw new UsageError(unknownSetting(at, key, known, separator, path === ""));
  }
  const given = issue.path.reduce<unknown>(
    (here, key) => (here as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  const shown = typeof given === "number" ? String(given) : JSON.stringify(given);
  const allowed = choices(issue, schema as Inside);
  const close = typeof given === "string" ? didYouMean(given, allowed.map(String)) : "";
  const isList = issue.code === "invalid_type" && (issue.expected === "array" || issue.expected === "tuple");
  const list =
    isList && typeof given === "string" ? `; write a list as ${JSON.stringify(given.split(/\s*,\s*/))}` : "";
  throw new UsageError(
    `${at === "" ? "the configuration" : at}: ${expectation(issue, allowed)}; it is ${shown ?? "missing"}${close}${list}`,
  );
}
