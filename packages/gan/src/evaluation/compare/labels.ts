import { isObject, type Json } from "../../core/base/json.js";
import { type Scheduled, shortForm } from "../../core/base/schedule.js";
import { canonical, type Difference, describeValue, differences } from "./differences.js";

/** Paths by their last parts, as many of them as tell each from the others: `alpha` for `terms.infomax.alpha`. */
export function shortPaths(paths: readonly string[]): Map<string, string> {
  const endOf = (path: string, parts: number) => path.split(".").slice(-parts).join(".");
  return new Map(
    paths.map((path) => {
      const most = path.split(".").length;
      for (let parts = 1; parts < most; parts++) {
        const end = endOf(path, parts);
        if (paths.every((other) => other === path || endOf(other, parts) !== end)) return [path, end];
      }
      return [path, path];
    }),
  );
}

/** A setting's value in few characters: a schedule in its short form. */
export const shortValue = (value: Json | undefined): string =>
  isObject(value) && "from" in value && "to" in value
    ? shortForm(value as unknown as Scheduled)
    : describeValue(value);

/** What a setting is called in a label: `alpha=0.1`, `packing(degree=2)`, `no packing`. */
function describeSetting(path: string, short: string, value: Json | undefined): string {
  if (path === "data.name" || path === "data.path")
    return String(value ?? "other data")
      .replace(/[\\/]+$/, "")
      .replace(/^.*[\\/]/, "");
  if (value === undefined) return `no ${short}`;
  if (value === "present") return short;
  const text = shortValue(value);
  return isObject(value) && !("from" in value) ? `${short}(${text})` : `${short}=${text}`;
}

/**
 * What tells configurations apart, in as few words as do: the recipe where they have several, and of the settings that
 * differ as many as are needed.
 * @param configs no two alike
 */
export function labelsBySettings(configs: readonly Json[]): string[] {
  const recipes = configs.map((config) => String((isObject(config) && config.recipe) || ""));
  const all = [...new Set(recipes)];
  const labels: string[] = new Array(configs.length);
  for (const recipe of all) {
    const members = configs.flatMap((_, i) => (recipes[i] === recipe ? [i] : []));
    const inside = apart(members.map((i) => configs[i]!));
    for (const [place, i] of members.entries()) {
      const words = inside[place] ?? "";
      labels[i] =
        all.length === 1 ? words || recipe : [recipe, words].filter((each) => each !== "").join(" ");
    }
  }
  return labels;
}

/** For each configuration what it has of the settings that tell it from the others; nothing where it is alone. */
function apart(configs: readonly Json[]): string[] {
  const needed: Difference[] = [];
  const keyOf = (chosen: readonly Difference[], i: number) =>
    chosen.map(({ values }) => canonical(values[i]) ?? "").join("\n");
  const kinds = (chosen: readonly Difference[]) => new Set(configs.map((_, i) => keyOf(chosen, i))).size;
  for (const difference of differences(configs)) {
    if (kinds(needed) === configs.length) break;
    if (kinds([...needed, difference]) > kinds(needed)) needed.push(difference);
  }
  const short = shortPaths(needed.map(({ path }) => path));
  return configs.map((_, i) =>
    needed.map(({ path, values }) => describeSetting(path, short.get(path) ?? path, values[i])).join(" "),
  );
}
