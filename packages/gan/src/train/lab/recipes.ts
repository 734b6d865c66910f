import { composeRecipe, recipes } from "../../core/recipes/recipe.js";

/** A recipe that trains on points, as the lab takes it. */
export interface PointRecipe {
  readonly name: string;
  readonly summary: string;
  /** The preset that is on points and small; undefined: the recipe itself. */
  readonly preset: string | undefined;
}

const POINTS: ReadonlySet<unknown> = new Set(["ring", "grid"]);
/** In this order the first of a recipe's presets that is on points. */
const PRESETS = ["small", "ring", undefined];

/** The recipes on points; no engine is loaded. */
export async function pointRecipes(): Promise<PointRecipe[]> {
  const found: PointRecipe[] = [];
  for (const { name, summary } of (await recipes.all()).values())
    for (const preset of PRESETS) {
      const config = await composeRecipe(name, preset).catch(() => undefined);
      if (!POINTS.has((config?.data as { name?: unknown } | undefined)?.name)) continue;
      found.push({ name, summary, preset });
      break;
    }
  return found;
}
