import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "wgan-gp",
  summary: "Wasserstein GAN with a gradient penalty",
  group: "images",
  when: "Wasserstein distance with a gradient penalty",
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
  ownPresets: {
    // The baseline of the IVGAN paper: its table 5, on the data of `ivlsgan`, whose epochs are a fifth of the iterations here.
    "intervention-gan": {
      data: { name: "cifar10", size: 64 },
      net: { prior: { size: 100 } },
      optimizers: { default: { learningRate: 1e-4 } },
      steps: 62_400,
    },
    // The pseudocode of the notes on the GAN family; the paper's algorithm 1 has a rate of 1e-4.
    notes: { optimizers: { default: { learningRate: 1e-3, betas: [0, 0.9] } } },
  },
});
