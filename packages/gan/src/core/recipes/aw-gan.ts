import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "aw-gan",
  summary: "plain GAN on 2-D points with an adaptive weighted discriminator",
  group: "points",
  when: "D forgets one side while it learns the other",
  source:
    "Zadorozhnyy, Cheng, Ye 2021 (Adaptive Weighted Discriminator), section 5.3; networks of Metz et al. 2017",
  extends: "unrolled",
  config: { terms: { unrolled: null, "adaptive-weights": {} } },
});
