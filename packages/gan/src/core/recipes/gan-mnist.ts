import { defineRecipe } from "./recipe.js";

// One point of the paper's grid, of which every other is a setting or two:
//   nLayerG 2, 3, 4; sizeG 400 to 3200      net.generatorLayers, net.generatorSize
//   nLayerD 2, 3, 4; sizeD 256, 512, 1024   net.discriminatorLayers, net.discriminatorSize
//   dropoutD                                net.dropout=0.5, or 0
//   optimG, optimD: SGD, Adam               optimizers.generator.kind=sgd, optimizers.discriminator.kind=sgd
//   lr 1e-2, 1e-3, 1e-4                     optimizers.generator.learningRate, optimizers.discriminator.learningRate
// It says neither latent, batch nor length: these are DCGAN's.
export default defineRecipe({
  name: "gan-mnist",
  summary: "the plain GAN on MNIST with fully connected networks, dropout in D",
  group: "images",
  when: "fully connected networks on digits; mode-regularized GAN's grid by --set",
  source: "Che et al. 2017 (Mode Regularized GAN), section 4.1.1 and table 1",
  config: {
    data: { name: "mnist" },
    net: {
      family: "mlp",
      prior: { size: 100, distribution: "uniform" },
      generatorLayers: 3,
      generatorSize: 800,
      discriminatorLayers: 3,
      discriminatorSize: 512,
      discriminatorActivation: "relu",
      dropout: 0.5,
      encoderHidden: [800, 800],
    },
    terms: { "non-saturating": {} },
    optimizers: { default: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.999] } },
    batch: 128,
    steps: 25_000,
  },
  presets: {
    small: {
      net: { generatorSize: 400, discriminatorSize: 256, encoderHidden: [400] },
      optimizers: { default: { learningRate: 2e-4 } },
      batch: 64,
      steps: 3000,
    },
  },
});
