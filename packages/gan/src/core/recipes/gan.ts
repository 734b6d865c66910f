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
    // PacGAN's ring, and both networks as wide and as deep as Metz et al. 2017 (Unrolled GAN; poolio/unrolled_gan) take them. Of the eight
    // modes it keeps 8, 8, 7, 1 and 0 with seeds 0 to 4, its self with packing and the mode-regularized one all with each.
    small: {
      net: {
        generatorHidden: [128, 128],
        generatorBatchNorm: false,
        discriminatorHidden: [128, 128],
        discriminatorActivation: "relu",
        initialization: "default",
      },
      optimizers: { default: { kind: "adam", learningRate: 1e-3, betas: [0.5, 0.999] } },
      schedule: { decay: "linear" },
      batch: 128,
      steps: 3000,
      intervals: { sample: 500, checkpoint: 1000 },
    },
    // What was `small` in 0.1.0, and is what studies of a plain GAN that fails were made with: D of one hidden layer (Mode Regularized
    // GAN, appendix C), on a ring where it keeps none to two modes.
    "one-layer": {
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
