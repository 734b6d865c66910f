import { defineRecipe } from "./recipe.js";

// The paper's data is faces of 1024 pixels, on which its networks grow; here they have one size. For 64 pixels its code takes
// a batch of 32, from 128 on a rate of 0.0015. The average's half-life is 10,000 images of D's. With labels: --set conditional=true.
export default defineRecipe({
  name: "stylegan",
  summary: "styles and noise for every layer of G, logistic losses with R1, averaged weights",
  group: "images",
  when: "styles, mixing, truncation; --preset growing-small begins with 8 pixels; --set conditional=true for classes",
  source: "Karras et al. 2019 (StyleGAN), section 2 and appendix C; NVlabs/stylegan, train.py",
  config: {
    data: { name: "cifar10" },
    net: { family: "stylegan", prior: { size: 512, distribution: "normal" } },
    terms: { "non-saturating": {}, r1: { gamma: 10 } },
    optimizers: { default: { kind: "adam", learningRate: 1e-3, betas: [0, 0.99] } },
    average: { decay: 0.9956 },
    batch: 64,
    steps: 390_625,
  },
  presets: {
    // As the paper trains: from 8 pixels on, 25 million images, with the batches of its code's 8 processors.
    growing: {
      terms: {
        "progressive-growing": {
          initial: 8,
          stable: 600_000,
          fading: 600_000,
          batches: { 8: 256, 16: 128, 32: 64 },
        },
      },
      average: { halfLife: { images: 10_000 } },
      steps: 374_218,
    },
    "growing-small": {
      net: { channels: 32, styleSize: 64, mappingLayers: 4, prior: { size: 64 } },
      terms: { "progressive-growing": { initial: 8, stable: 30_000, fading: 30_000 } },
      steps: 3000,
    },
    small: { net: { channels: 32, styleSize: 64, mappingLayers: 4, prior: { size: 64 } }, steps: 1000 },
  },
});
