// A process of its own: prints the recipes that train on points as they are, as JSON.
import { recipes } from "@gantry/gan";
import type { LabRecipe } from "../messages.js";

const POINTS = new Set(["ring", "grid", "drawn"]);

const all = await recipes.all();
const found: LabRecipe[] = [];
for (const { name, summary } of all.values()) if (POINTS.has(dataOf(name))) found.push({ name, summary });
process.stdout.write(JSON.stringify(found));

/** The data that a recipe says, or that it changes. */
function dataOf(name: string): string {
  const recipe = all.get(name);
  const { data } = (recipe?.config ?? {}) as { data?: { name?: string } };
  return data?.name ?? (recipe?.extends === undefined ? "" : dataOf(recipe.extends));
}
