import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "gan",
  summary: "the plain GAN on 2-D points (non-saturating), networks of the PacGAN experiments",
  group: "points",
  when: "the plain GAN: what all others are compared with",
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
    // The networks of the mode-regularized paper's appendix C; a ring and a rate at which modes are lost in seconds. Of ten seeds,
    // the mode-regularized GAN keeps all modes in ten with these betas and the decay, in three of six with 0.9 and without.
    small: {
      data: { radius: 2, std: 0.02 },
      net: {
        generatorHidden: [128, 128],
        generatorBatchNorm: false,
        discriminatorHidden: [128],
        discriminatorActivation: "relu",
        initialization: "default",
      },
      optimizers: { default: { kind: "adam", learningRate: 1e-3, betas: [0.5, 0.999] } },
      schedule: { decay: "linear" },
      batch: 128,
      steps: 3000,
      intervals: { sample: 500, checkpoint: 1000 },
    },
  },
});
