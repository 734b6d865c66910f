import { defineRecipe } from "../config/recipe.js";

export default defineRecipe({
  name: "gan",
  summary: "the plain GAN on 2-D points (non-saturating), networks of the PacGAN experiments",
  source: "Goodfellow et al. 2014; networks and optimizer: Lin et al. 2018 (PacGAN), section 4.1",
  config: {
    data: { name: "ring" },
    net: { family: "mlp", prior: { size: 2, distribution: "normal" } },
    terms: { "non-saturating": {} },
    optimizers: { default: { kind: "adam", learningRate: 1e-4, betas: [0.8, 0.999] } },
    batch: 100,
    steps: 400_000,
    intervals: { log: 200, sample: 2000, checkpoint: 2000 },
  },
  presets: {
    small: {
      net: {
        generatorHidden: [128, 128],
        discriminatorHidden: [128],
        discriminatorActivation: "relu",
        initialization: "default",
      },
      optimizers: { default: { kind: "adam", learningRate: 1e-3, betas: [0.5, 0.999] } },
      steps: 5000,
    },
  },
});
