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

/** Whether a difference is a term that some have and others have not. */
const isTerm = ({ path, values }: Difference): boolean =>
  /^terms\.[^.]+$/.test(path) && values.includes(undefined);

/** What a setting is called in a label: `alpha=0.1`, `average(decay=0.9)`, `no packing`. */
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

/**
 * For each configuration what it has of the settings that tell it from the others; nothing where it is alone. Where terms tell,
 * every term that not all have is named, since together they are the method; where none is had, those that would tell.
 */
function apart(configs: readonly Json[]): string[] {
  const all = differences(configs);
  const needed: Difference[] = [];
  const keyOf = (chosen: readonly Difference[], i: number) =>
    chosen.map(({ values }) => canonical(values[i]) ?? "").join("\n");
  const kinds = (chosen: readonly Difference[]) => new Set(configs.map((_, i) => keyOf(chosen, i))).size;
  for (const difference of all) {
    if (kinds(needed) === configs.length) break;
    if (kinds([...needed, difference]) > kinds(needed)) needed.push(difference);
  }
  const told = needed.some(isTerm) ? all.filter((each) => isTerm(each) || needed.includes(each)) : needed;
  const short = shortPaths(told.map(({ path }) => path));
  return configs.map((_, i) => {
    const words = (chosen: readonly Difference[]) =>
      chosen.map((each) => {
        const name = short.get(each.path) ?? each.path;
        const value = each.values[i];
        return isTerm(each) && value !== undefined ? name : describeSetting(each.path, name, value);
      });
    const lacks = told.filter((each) => isTerm(each) && each.values[i] === undefined);
    const had = words(
      told.filter(
        (each) => !lacks.some(({ path }) => each.path === path || each.path.startsWith(`${path}.`)),
      ),
    );
    return (had.length > 0 ? had : words(needed.filter(isTerm))).join(" ");
  });
}
