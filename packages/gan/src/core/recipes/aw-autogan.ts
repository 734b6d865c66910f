import { defineRecipe } from "./recipe.js";

// 300 epochs of CIFAR-10 are 46,875 iterations of 5 discriminator steps. The paper's normalized weights go with a rate that falls.
export default defineRecipe({
  name: "aw-autogan",
  summary: "AutoGAN with an adaptive weighted discriminator",
  group: "images",
  when: "AutoGAN with weights that let neither side lose",
  source:
    "Zadorozhnyy, Cheng, Ye 2021 (Adaptive Weighted Discriminator), section 4; smoothing of vasily789/adaptive-weighted-gans",
  extends: "autogan",
  config: {
    terms: { "adaptive-weights": { smoothing: 1e-4 } },
    schedule: { decay: "linear" },
    steps: 46_875,
  },
});
