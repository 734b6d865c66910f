import { defineRecipe } from "../config/recipe.js";

// The code's batch of 64 packs is 128 images. It updates G twice for each update of D; here G updates once.
export default defineRecipe({
  name: "pac-dcgan",
  summary: "DCGAN on stacked MNIST with D judging packs of two (PacDCGAN2)",
  source: "Lin et al. 2018 (PacGAN), section 4.2; fjxmlzn/PacGAN, VEEGAN_experiment",
  config: {
    data: { name: "stacked-mnist" },
    net: { family: "pacgan", protocol: "veegan", prior: { size: 100, distribution: "uniform" } },
    terms: { "non-saturating": {}, packing: { degree: 2 } },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0.5, 0.999] } },
    batch: 128,
    steps: 100_000,
  },
  presets: { small: { net: { channels: 32 }, steps: 5000 } },
});
