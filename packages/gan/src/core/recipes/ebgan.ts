import { defineRecipe } from "./recipe.js";

// The paper's margins for the norm: 10 on MNIST, 20 on CelebA. It does not print its rates; these, the batch and the code are those of
// 1Konny/EBGAN-pytorch.
export default defineRecipe({
  name: "ebgan",
  summary: "energy-based GAN: D is an autoencoder, G's images are kept apart in its code",
  group: "images",
  when: "D as an autoencoder, G's images kept apart",
  source: "Zhao, Mathieu, LeCun 2017 (EBGAN-PT), section 2; rates of 1Konny/EBGAN-pytorch; networks of DCGAN",
  extends: "dcgan",
  config: {
    data: { name: "mnist" },
    terms: { "non-saturating": null, "energy-based": { margin: 10 }, "pulling-away": { weight: 0.1 } },
    optimizers: { discriminator: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.999] } },
    schedule: { shareSamples: false },
    batch: 32,
  },
  presets: {
    small: { net: { channels: 32 }, terms: { "energy-based": { code: 64 } }, batch: 64, steps: 3000 },
    celeba: { data: { name: "celeba", size: 64 }, terms: { "energy-based": { margin: 20 } } },
  },
});
