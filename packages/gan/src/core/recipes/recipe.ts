import { UsageError } from "../base/errors.js";
import { type JsonObject, merge } from "../base/json.js";
import { type Named, Registry } from "../base/registry.js";

/** A named composition with its paper's hyperparameters: data, not logic. One file in recipes/. */
export interface Recipe extends Named {
  /** Paper, and where the numbers come from if not from it. */
  readonly source: string;
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
  if (chosen === undefined)
    throw new UsageError(`the recipe '${name}' has no preset '${preset}'; leave --preset out`);
  return merge(merge(own, chosen), { recipe: name });
}

/** A preset of the recipe, or of the nearest recipe it extends. */
async function findPreset(recipe: Recipe, preset: string): Promise<JsonObject | undefined> {
  const own = recipe.presets?.[preset];
  if (own !== undefined || recipe.extends === undefined) return own;
  return findPreset(await recipes.get(recipe.extends), preset);
}
