import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "wgan-gp",
  summary: "Wasserstein GAN with a gradient penalty",
  source: "Gulrajani et al. 2017; Adam of the authors' MNIST code",
  extends: "dcgan",
  config: {
    net: { prior: { size: 128, distribution: "normal" }, discriminatorNorm: "none" },
    terms: { "non-saturating": null, wasserstein: {}, "gradient-penalty": { weight: 10 } },
    optimizers: { default: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.9] } },
    schedule: { discriminatorSteps: 5 },
    batch: 64,
  },
  presets: { small: { net: { channels: 32 }, steps: 2000 } },
});
