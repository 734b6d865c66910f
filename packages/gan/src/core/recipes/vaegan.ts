import { defineRecipe } from "./recipe.js";

// Its code's rate falls from 0.025 / 64 to 0 by the power 0.75 of time, here by the first, and weights decay by 1e-5, here not. On
// both data sets it has D judge reconstructions no more, only samples; here both, as in the paper's algorithm 1.
export default defineRecipe({
  name: "vaegan",
  summary: "variational autoencoder and GAN with one decoder, errors measured in D's features",
  group: "inference",
  when: "reconstructions",
  source: "Larsen et al. 2016; andersbll/autoencoding_beyond_pixels, celeba_aegan.py, cifar_aegan.py",
  config: {
    data: { name: "celeba", size: 64 },
    net: { family: "vaegan", prior: { size: 128, distribution: "normal" } },
    terms: { minimax: {}, vaegan: { weight: 1e-6, margin: 0.35 } },
    optimizers: { default: { kind: "rmsprop", learningRate: 3.9e-4, alpha: 0.9 } },
    schedule: { decay: "linear" },
    batch: 64,
    steps: 62_500,
  },
  presets: {
    // Its error is a sum over an eighth of the features, so that the same share of G's gradient is a larger weight.
    small: {
      data: { name: "fashion-mnist", size: 32 },
      net: { channels: 16 },
      terms: { vaegan: { weight: 1e-3 } },
      steps: 600,
    },
    cifar10: {
      data: { name: "cifar10", size: 32 },
      net: { localConvolution: 2, prior: { size: 256 } },
      terms: { vaegan: { weight: 1e-5 } },
      steps: 50_000,
    },
  },
});
