import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "vaegan",
  summary: "variational autoencoder and GAN with one decoder, errors measured in D's features",
  source: "Larsen et al. 2016; weight, margin and step size of andersbll/autoencoding_beyond_pixels",
  extends: "dcgan",
  config: {
    net: { prior: { size: 128, distribution: "normal" } },
    terms: { "non-saturating": null, minimax: {}, vaegan: { weight: 5e-5, margin: 0.35 } },
    // 0.02 for sums over a batch of 64, as the code has it.
    optimizers: { default: { kind: "rmsprop", learningRate: 3e-4, alpha: 0.9 } },
    batch: 64,
  },
});
