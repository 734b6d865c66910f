import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "reg-gan",
  summary: "mode-regularized GAN: an encoder, reconstruction and a reward for missing modes",
  group: "images",
  when: "an encoder is wanted, or modes are missing",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3; weights of its MNIST experiments",
  extends: "dcgan",
  config: {
    terms: { reconstruction: { weight: 0.2 }, "mode-regularizer": { weight: 0.4 } },
  },
  presets: {
    // kozistr/Awesome-GANs, mrgan: mean squares, and the reward with the sign of the printed equations.
    public: {
      terms: {
        reconstruction: { distance: "l2", reduction: "mean" },
        "mode-regularizer": { variant: "printed" },
      },
    },
  },
  ownPresets: {
    // MRGAN, a baseline of the IVGAN paper: its table 5, on the data and for the epochs of `ivlsgan`.
    "intervention-gan": {
      data: { name: "cifar10", size: 64 },
      net: { prior: { distribution: "normal" } },
      terms: { reconstruction: { weight: 0.25 }, "mode-regularizer": { weight: 0.25 } },
      optimizers: { default: { learningRate: 2e-4 }, encoder: { learningRate: 0.01 } },
      batch: 64,
      steps: 312_000,
    },
  },
});
