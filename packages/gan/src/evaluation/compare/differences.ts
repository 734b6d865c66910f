import { isObject, type Json } from "../../core/base/json.js";

/** A setting in which configurations differ. */
export interface Difference {
  /** Dotted path, as `--set` takes it. */
  readonly path: string;
  /** One value a configuration; undefined where it has no such setting. */
  readonly values: readonly (Json | undefined)[];
}

/** Stands for an object of which some configurations have none, where its own settings are told apart below it. */
const PRESENT = "present";

/** Only what differs, in the order of the configurations. What only some have is told as a whole where it is the same. */
export function differences(values: readonly (Json | undefined)[], path = ""): Difference[] {
  const there = values.filter((value) => value !== undefined);
  const text = new Set(there.map((value) => canonical(value)));
  const all = there.length === values.length;
  if (text.size <= 1) return all || there.length === 0 ? [] : [{ path, values }];
  if (!there.every(isObject)) return [{ path, values }];
  const keys = [...new Set(there.flatMap((value) => Object.keys(value)))];
  const inside = keys.flatMap((key) => {
    const mine = there.map((value) => value[key]);
    const found = differences(mine, path === "" ? key : `${path}.${key}`);
    return found.map((difference) => ({ ...difference, values: spreadOut(values, difference.values) }));
  });
  return all
    ? inside
    : [{ path, values: values.map((value) => (value === undefined ? undefined : PRESENT)) }, ...inside];
}

/** The values of those that are there, in the places of all. */
function spreadOut(
  all: readonly (Json | undefined)[],
  found: readonly (Json | undefined)[],
): (Json | undefined)[] {
  let next = 0;
  return all.map((value) => (value === undefined ? undefined : found[next++]));
}

/** JSON with keys in alphabetical order: equal for equal values. */
export function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

/** A setting's value for a table: `0.2`, `adam`, `alpha=0.2, beta=0.2`; `-` where there is none. */
export function describeValue(value: Json | undefined): string {
  if (value === undefined) return "-";
  if (typeof value === "string") return value;
  if (!isObject(value)) return JSON.stringify(value);
  const parts = Object.entries(value).map(
    ([key, inner]) => `${key}=${isObject(inner) ? `{${describeValue(inner)}}` : describeValue(inner)}`,
  );
  return parts.length === 0 ? "present" : parts.join(", ");
}
