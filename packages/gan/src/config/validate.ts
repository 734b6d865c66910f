import type { z } from "zod";
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";

/** The keys an object schema knows, for naming the nearest; empty for other schemas. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: unknown = schema;
  for (const key of path) {
    here = unwrap(here);
    const shape = (here as { shape?: Record<string, unknown> }).shape;
    const next = shape?.[String(key)] ?? (here as { valueType?: unknown }).valueType;
    if (next === undefined) return [];
    here = next;
  }
  here = unwrap(here);
  const options = (here as { options?: unknown[] }).options;
  if (Array.isArray(options))
    return options.flatMap((option) => Object.keys((option as { shape?: object }).shape ?? {}));
  return Object.keys((here as { shape?: object }).shape ?? {});
}

/** The schema inside defaults, nullables and optionals. */
function unwrap(schema: unknown): unknown {
  let here = schema as { def?: { innerType?: unknown } };
  while (here?.def?.innerType !== undefined) here = here.def.innerType as typeof here;
  return here;
}

/**
 * Checks a value against a schema; the first problem becomes one line.
 * @param where what the value belongs to, as `terms.infomax`; empty at the top
 * @throws UsageError naming the path, what was expected, and the nearest known key for an unknown one
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const at = [where, ...issue.path.map(String)].filter((part) => part !== "").join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(schema, issue.path);
    const close = nearest(key, known);
    const full = at === "" ? key : `${at}.${key}`;
    throw new UsageError(
      `unknown setting '${full}'${close === undefined ? `; known here: ${known.join(", ")}` : `; did you mean '${at === "" ? close : `${at}.${close}`}'?`}`,
    );
  }
  const given = issue.path.reduce<unknown>(
    (here, key) => (here as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
  throw new UsageError(
    `${at === "" ? "the configuration" : at}: ${lower(issue.message)}${given === undefined ? "" : `; it is ${JSON.stringify(given)}`}`,
  );
}

const lower = (text: string) => text.replace(/^Invalid input: /, "").replace(/^./, (c) => c.toLowerCase());
