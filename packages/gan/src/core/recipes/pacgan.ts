import { defineRecipe } from "./recipe.js";

// The code's batch of 100 packs is 200 points.
export default defineRecipe({
  name: "pacgan",
  summary: "the plain GAN on 2-D points with D judging packs of two",
  group: "points",
  when: "modes are missing, and nothing else may change",
  source: "Lin et al. 2018 (PacGAN), section 4.1; fjxmlzn/PacGAN, synthetic_data_experiments",
  extends: "gan",
  config: { terms: { packing: { degree: 2 } }, batch: 200 },
});
