import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "wgan",
  summary: "Wasserstein GAN with weight clipping",
  group: "images",
  when: "Wasserstein distance with clipped weights",
  source: "Arjovsky, Chintala, Bottou 2017, algorithm 1; burst: martinarjovsky/WassersteinGAN",
  extends: "dcgan",
  config: {
    net: { prior: { size: 100, distribution: "normal" } },
    terms: { "non-saturating": null, wasserstein: {}, "weight-clipping": { limit: 0.01 } },
    optimizers: { default: { kind: "rmsprop", learningRate: 5e-5 } },
    schedule: { discriminatorSteps: 5, burst: { steps: 100, first: 25, every: 500 } },
    batch: 64,
  },
  // At the paper's rate 2,000 iterations make no more than blobs of Fashion-MNIST; at this one clothes can be told.
  presets: {
    small: { net: { channels: 32 }, optimizers: { default: { learningRate: 5e-4 } }, steps: 2000 },
  },
  // The pseudocode of the notes on the GAN family.
  ownPresets: { notes: { optimizers: { default: { learningRate: 1e-5 } } } },
});
