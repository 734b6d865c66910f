import { defineRecipe } from "./recipe.js";

// The authors' code also adds U(0, 1/128) to the pixels.
export default defineRecipe({
  name: "wgan-gp-resnet",
  summary: "Wasserstein GAN with a gradient penalty, residual networks",
  group: "images",
  when: "stability before speed",
  source: "Gulrajani et al. 2017, section 5.3; igul222/improved_wgan_training, gan_cifar_resnet.py",
  extends: "sngan",
  config: {
    net: { discriminatorNorm: "none", pooling: "mean" },
    schedule: { generatorBatch: 128 },
    terms: { hinge: null, wasserstein: {}, "gradient-penalty": { weight: 10 } },
  },
});
