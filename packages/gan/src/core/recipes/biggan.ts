import { defineRecipe } from "./recipe.js";

// For ImageNet the code adds up the gradients of 8 batches of 256 before a step, which nothing here does. Its spectral
// norm divides by no less than 1e-6, here 1e-12.
export default defineRecipe({
  name: "biggan",
  summary: "wide residual networks, classes in every norm of G, averaged weights",
  group: "conditional",
  when: "many classes, large batches",
  source:
    "Brock et al. 2019 (BigGAN), appendix B and C; ajbrock/BigGAN-PyTorch, launch_cifar_ema.sh, launch_BigGAN_bs256x8.sh",
  config: {
    data: { name: "cifar10" },
    net: { family: "biggan", prior: { size: 128, distribution: "normal" } },
    conditional: true,
    terms: { hinge: {} },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0, 0.999] } },
    schedule: { discriminatorSteps: 4, judgeTogether: true },
    average: { decay: 0.9999, start: 1000, statistics: "averaged" },
    batch: 50,
    steps: 125_000,
  },
  presets: {
    small: {
      net: { channels: 16 },
      schedule: { discriminatorSteps: 1 },
      average: { decay: 0.99, start: 200 },
      steps: 500,
    },
    imagenet: {
      data: { name: "images", size: 128 },
      net: {
        channels: 96,
        attention: 64,
        sharedSize: 128,
        hierarchical: true,
        initialization: "orthogonal",
        prior: { size: 120 },
      },
      optimizers: {
        default: { epsilon: 1e-6 },
        generator: { learningRate: 1e-4 },
        discriminator: { learningRate: 4e-4 },
      },
      schedule: { discriminatorSteps: 1 },
      average: { start: 20_000 },
      batch: 256,
    },
  },
});
