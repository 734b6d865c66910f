import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "lsgan",
  summary: "DCGAN with least-squares losses",
  source: "Mao et al. 2017; optimizer: IVGAN paper, table 5",
  extends: "dcgan",
  config: { terms: { "non-saturating": null, "least-squares": {} }, batch: 64 },
});
