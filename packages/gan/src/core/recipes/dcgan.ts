import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "dcgan",
  summary: "deep convolutional GAN, the baseline of the mode-collapse papers",
  group: "images",
  when: "the first try on any images",
  source: "Radford, Metz, Chintala 2016; networks: IVGAN paper, table B.1",
  config: {
    data: { name: "fashion-mnist" },
    net: { family: "dcgan", channels: 64, prior: { size: 100, distribution: "uniform" } },
    terms: { "non-saturating": {} },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0.5, 0.999] } },
    schedule: { shareSamples: true },
    batch: 128,
    steps: 25_000,
  },
  presets: { small: { net: { channels: 32 }, batch: 64, steps: 3000 } },
  ownPresets: {
    // The baseline of the IVGAN paper: its table 5, on the data and for the epochs of `ivlsgan`.
    "intervention-gan": {
      data: { name: "cifar10", size: 64 },
      net: { prior: { distribution: "normal" } },
      optimizers: { default: { learningRate: 1e-4 } },
      batch: 64,
      steps: 312_000,
    },
  },
});
