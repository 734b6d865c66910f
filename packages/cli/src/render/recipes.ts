import type { RecipeEntry } from "../catalogue/types.js";
import { wrap } from "./format.js";
import type { Style } from "./style.js";

/** `gantry recipes`: under their heads, each with when to take it, what data it wants, presets and minutes. */
export function describeRecipes(
  recipes: readonly RecipeEntry[],
  measuredOn: string,
  style: Style,
  width: number,
): string {
  const titles = new Map(recipes.flatMap(({ group }) => (group === null ? [] : [[group.key, group.title]])));
  const order = ["points", "images", "conditional", "inference", "small data"];
  const heads = [...order.filter((key) => titles.has(key)), undefined];
  const parts = heads.flatMap((key) => {
    const own = recipes.filter(({ group }) => group?.key === key);
    if (own.length === 0) return [];
    const rows = own.map((recipe) => describe(recipe, style, width));
    return [`${style.bold(key === undefined ? "Your own" : titles.get(key)!)}\n${rows.join("\n")}`];
  });
  const notes = `Minutes and memory: the preset small on ${measuredOn}. Begin one: gantry train NAME --preset small`;
  return [...parts, wrap(notes, width).join("\n")].join("\n\n");
}

const LEFT = 22;

function describe(recipe: RecipeEntry, style: Style, width: number): string {
  const { name, summary, when } = recipe;
  const indent = " ".repeat(LEFT);
  const room = Math.max(30, width - LEFT);
  const [first = "", ...rest] = wrap(summary, room);
  const gap = name.length + 3 > LEFT ? `\n${indent}` : " ".repeat(LEFT - 2 - name.length);
  return [
    `  ${style.bold(name)}${gap}${first}`,
    ...rest.map((line) => indent + line),
    ...(when === null ? [] : wrap(`when: ${when}`, room).map((line) => indent + line)),
    ...wrap(facts(recipe), room).map((line) => indent + style.dim(line)),
  ].join("\n");
}

/** `images of 28, 32, 64 pixels with classes, as cifar10; small: 3 min, 0.5 GiB; presets: small, public`. */
function facts({ kind, sizes, labels, plain, presets, measured }: RecipeEntry): string {
  const sides = sizes.length === 0 ? "" : ` of ${sizes.join(", ")} pixels`;
  const example = plain === null || plain.data === null ? "" : `, as ${plain.data}`;
  const what = `${kind === "points" ? "2-D points" : `images${sides}`}${labels ? " with classes" : ""}${example}`;
  const names = Object.keys(presets);
  return [
    what,
    ...(measured === null ? [] : [`small: ${minutes(measured.minutes)}, ${measured.memory} GiB`]),
    ...(names.length === 0 ? [] : [`presets: ${names.join(", ")}`]),
  ].join("; ");
}

/** `under 1 min`, `26 min`. */
export const minutes = (measured: number | null): string =>
  measured === null ? "not timed" : measured === 0 ? "under 1 min" : `${measured} min`;
