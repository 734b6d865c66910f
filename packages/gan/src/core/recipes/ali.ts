import { defineRecipe } from "./recipe.js";

// The paper's epochs: 6475 of CIFAR-10, 123 of CelebA.
export default defineRecipe({
  name: "ali",
  summary: "adversarially learned inference: D judges pairs of image and latent",
  group: "inference",
  when: "latents of real images",
  source:
    "Dumoulin et al. 2017 (ALI), appendix A; IshmaelBelghazi/ALI, experiments/ali_cifar10.py, ali_celeba.py",
  config: {
    data: { name: "cifar10" },
    net: { family: "ali", prior: { size: 64, distribution: "normal" } },
    terms: { "non-saturating": {}, ali: {} },
    optimizers: { default: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.999] } },
    schedule: { shareSamples: true },
    batch: 100,
    steps: 3_237_500,
  },
  presets: {
    // At 2e-4 G makes one image, which changes.
    small: { net: { channels: 16 }, optimizers: { default: { learningRate: 1e-3 } }, batch: 64, steps: 800 },
    celeba: { data: { name: "celeba", size: 64 }, net: { prior: { size: 256 } }, steps: 200_207 },
  },
});
