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
 * `over` laid upon `base`: objects merge key by key, anything else replaces, and null removes a key. An object that names
 * another `kind` is another thing (sgd for adam): it replaces, so that none of the old thing's keys stay behind; so does a whole
 * schedule, and the length of one.
 * Neither argument is changed, and the result holds no null outside of lists that `base` did not hold.
 */
export function merge(base: JsonObject, over: JsonObject): JsonObject {
  // A Map, since assigning to a key called __proto__ would not make one.
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over)) {
    const before = result.get(key);
    if (value === null) result.delete(key);
    else if (isObject(value) && (key === "over" || isSchedule(value))) result.set(key, value);
    else if (isObject(value))
      result.set(key, merge(isObject(before) && !changesKind(before, value) ? before : {}, value));
    else if (value !== undefined) result.set(key, value);
  }
  return Object.fromEntries(result);
}

const isSchedule = (value: JsonObject) => "from" in value && "to" in value;

const changesKind = (before: JsonObject, over: JsonObject) =>
  over.kind !== undefined && before.kind !== undefined && over.kind !== before.kind;

/** Whether an object, or one inside it, says what `kind` of thing it is. */
export const namesKind = (value: JsonObject): boolean =>
  Object.entries(value).some(([key, inner]) => key === "kind" || (isObject(inner) && namesKind(inner)));
