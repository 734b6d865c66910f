import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "reg-gan-points",
  summary: "mode-regularized GAN on 2-D points",
  group: "points",
  when: "modes are missing: an encoder finds them",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3; weights chosen here for the preset small",
  extends: "gan",
  config: { terms: { reconstruction: { weight: 0.1, distance: "l2" }, "mode-regularizer": { weight: 0.1 } } },
});
