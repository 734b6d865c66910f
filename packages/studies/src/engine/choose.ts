import { type Named, nearest, UsageError } from "@gantry/gan";

/**
 * The member of this name.
 * @throws UsageError naming the nearest, and all there are
 */
export function find<T extends Named>(kind: string, all: readonly T[], name: string): T {
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = all.map((each) => each.name);
  const close = nearest(name, names);
  throw new UsageError(
    `unknown ${kind} '${name}'${close === undefined ? "" : `; did you mean '${close}'?`} Known: ${names.join(", ")}`,
  );
}

/**
 * The members of these names; where nobody names any, all but the optional ones.
 * @throws UsageError
 */
export function choose<T extends Named & { readonly optional?: boolean }>(
  kind: string,
  all: readonly T[],
  names: readonly string[] | undefined,
): readonly T[] {
  return names?.map((name) => find(kind, all, name)) ?? all.filter(({ optional }) => optional !== true);
}
