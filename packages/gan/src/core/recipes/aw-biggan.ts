import { defineRecipe } from "./recipe.js";

// 1000 epochs of CIFAR-10 are 250,000 iterations of 4 discriminator steps of 50. The paper's normalized weights go with a rate that
// falls. Reals and fakes are judged apart, as their gradients are weighed apart.
export default defineRecipe({
  name: "aw-biggan",
  summary: "BigGAN with an adaptive weighted discriminator",
  group: "conditional",
  when: "BigGAN with weights that let neither side lose",
  source:
    "Zadorozhnyy, Cheng, Ye 2021 (Adaptive Weighted Discriminator), table 4; smoothing of vasily789/adaptive-weighted-gans",
  extends: "biggan",
  config: {
    terms: { "adaptive-weights": { smoothing: 1e-4 } },
    schedule: { decay: "linear", judgeTogether: null },
    steps: 250_000,
  },
});
