/** JSON-like data: what configurations are made of. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = { readonly [key: string]: Json | undefined };

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * `over` laid upon `base`: objects merge key by key, anything else replaces, and null removes a key.
 * Neither argument is changed.
 */
export function merge(base: JsonObject, over: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    if (value === null) delete result[key];
    else if (value !== undefined)
      result[key] = isObject(before) && isObject(value) ? merge(before, value) : value;
  }
  return result;
}
