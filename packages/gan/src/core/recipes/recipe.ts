import { UsageError } from "../base/errors.js";
import { type JsonObject, merge } from "../base/json.js";
import { type Named, Registry } from "../base/registry.js";
import { unknownPreset } from "../base/unknown.js";

/** Under which heads recipes are listed, in this order. */
export const recipeGroups = {
  points: "Points",
  images: "Images",
  conditional: "With classes",
  inference: "With an encoder, or codes",
  "small data": "Small data",
} as const;

export type RecipeGroup = keyof typeof recipeGroups;

/** A named composition with its paper's hyperparameters: data, not logic. One file in recipes/. */
export interface Recipe extends Named {
  /** Paper, and where the numbers come from if not from it. */
  readonly source: string;
  /** The head under which it is listed; recipes without one come last. */
  readonly group?: RecipeGroup;
  /** When to take it, in a few words: `modes are missing, and time is not`. */
  readonly when?: string;
  /** The recipe this one changes; its configuration is laid upon that one's. */
  readonly extends?: string;
  /** Laid upon the defaults of configSchema; null removes what an extended recipe set. */
  readonly config: JsonObject;
  /** Named changes: `small` keeps the method and shrinks the networks for small machines. */
  readonly presets?: Readonly<Record<string, JsonObject>>;
  /** Named changes that recipes which extend this one do not take over: what a paper says of this method alone. */
  readonly ownPresets?: Readonly<Record<string, JsonObject>>;
}

/** Lets TypeScript check a recipe's shape. */
export const defineRecipe = (recipe: Recipe): Recipe => recipe;

export const recipes = new Registry<Recipe>("recipe", new URL("./", import.meta.url), {
  marks: ["config"],
  needs: { name: "text", summary: "text", source: "text", config: "object" },
});

/**
 * A recipe with everything it extends laid under it.
 * @throws UsageError for an unknown recipe or preset
 */
export async function composeRecipe(name: string, preset?: string): Promise<JsonObject> {
  const recipe = await recipes.get(name);
  const base = recipe.extends === undefined ? {} : await composeRecipe(recipe.extends, undefined);
  const own = merge(base, recipe.config);
  if (preset === undefined) return merge(own, { recipe: name });
  const chosen = recipe.ownPresets?.[preset] ?? (await findPreset(recipe, preset));
  if (chosen === undefined) throw new UsageError(unknownPreset(name, preset, await presetsOf(recipe)));
  return merge(merge(own, chosen), { recipe: name });
}

/** A preset of the recipe, or of the nearest recipe it extends. */
async function findPreset(recipe: Recipe, preset: string): Promise<JsonObject | undefined> {
  const own = recipe.presets?.[preset];
  if (own !== undefined || recipe.extends === undefined) return own;
  return findPreset(await recipes.get(recipe.extends), preset);
}

/** Every preset that a recipe takes: its own, and those of what it extends. */
export async function presetsOf({ extends: base, presets, ownPresets }: Recipe): Promise<string[]> {
  const shared = async (name: string | undefined): Promise<string[]> => {
    if (name === undefined) return [];
    const recipe = await recipes.get(name);
    return [...Object.keys(recipe.presets ?? {}), ...(await shared(recipe.extends))];
  };
  const own = Object.keys({ ...presets, ...ownPresets });
  return [...new Set([...own, ...(await shared(base))])];
}
