import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "aw-sngan-projection",
  summary: "class-conditional SNGAN with an adaptive weighted discriminator",
  group: "conditional",
  when: "SNGAN with labels and weights that let neither side lose",
  source: "Zadorozhnyy, Cheng, Ye 2021 (Adaptive Weighted Discriminator), table 4",
  extends: "aw-sngan",
  config: { conditional: true },
});
