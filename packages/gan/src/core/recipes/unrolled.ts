import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "unrolled",
  summary: "unrolled GAN on 2-D points: G looks five of D's updates ahead",
  group: "points",
  when: "modes are missing, and time is not",
  source: "Metz et al. 2017 (Unrolled GAN), section 3.1 and appendix A; poolio/unrolled_gan",
  config: {
    data: { name: "ring", radius: 1, std: 0.01 },
    net: {
      family: "mlp",
      prior: { size: 256, distribution: "normal" },
      generatorHidden: [128, 128],
      generatorActivation: "tanh",
      generatorBatchNorm: false,
      discriminatorHidden: [128, 128],
      discriminatorActivation: "tanh",
      initialization: "orthogonal",
      scale: 1.4,
    },
    terms: { minimax: {}, unrolled: { steps: 5 } },
    optimizers: {
      generator: { kind: "adam", learningRate: 1e-3, betas: [0.5, 0.999] },
      discriminator: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.999] },
    },
    batch: 512,
    steps: 25_000,
    intervals: { log: 200, sample: 2500, checkpoint: 2500 },
  },
  presets: {
    // A fifth of the iterations needs a faster discriminator.
    small: {
      optimizers: { discriminator: { learningRate: 1e-3 } },
      batch: 128,
      steps: 5000,
      intervals: { sample: 1000, checkpoint: 1000 },
    },
  },
});
