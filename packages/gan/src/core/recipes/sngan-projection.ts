import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "sngan-projection",
  summary: "class-conditional SNGAN: conditional batch norm in G, projection in D",
  group: "conditional",
  when: "SNGAN with labels",
  source: "Miyato, Koyama 2018 (cGANs with projection discriminator), schedule of kwotsin/mimicry",
  extends: "sngan",
  config: { conditional: true },
});
