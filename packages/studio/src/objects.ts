import type { Json } from "@gantry/gan";

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The JSON object that a line of a file holds; undefined for any other, as one cut short by its writer's death. */
export function objectOf(line: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The leaves of a JSON value by their dotted paths, as `--set` takes them; lists are leaves. */
export function flatten(
  value: Json | undefined,
  path = "",
  into = new Map<string, Json>(),
): Map<string, Json> {
  if (isObject(value) && Object.keys(value).length > 0)
    for (const [key, inner] of Object.entries(value))
      flatten(inner as Json, path === "" ? key : `${path}.${key}`, into);
  else if (value !== undefined && path !== "") into.set(path, value);
  return into;
}
