import { defineRecipe } from "./recipe.js";
import sngan from "./sngan.js";

// 320 epochs of CIFAR-10 are 50,000 iterations of 5 discriminator steps. The networks, their optimizer and the average are
// those of the code the paper's baseline comes from (GongXinyuu/sngan.pytorch), as are the 128 latents of a generator step.
export default defineRecipe({
  name: "aw-sngan",
  summary: "SNGAN with an adaptive weighted discriminator",
  group: "images",
  when: "SNGAN with weights that let neither side lose",
  source:
    "Zadorozhnyy, Cheng, Ye 2021 (Adaptive Weighted Discriminator), section 4; smoothing of vasily789/adaptive-weighted-gans",
  extends: "sngan",
  config: {
    terms: { "adaptive-weights": { smoothing: 1e-4 } },
    schedule: { generatorBatch: 128 },
    average: { decay: 0.999 },
    steps: 50_000,
  },
  presets: {
    // With an average over a part of it: the paper's would have the first weights in it.
    small: { ...sngan.presets?.small, average: { decay: 0.99 } },
  },
});
