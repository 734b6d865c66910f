import { defineRecipe } from "./recipe.js";

// The published networks have maxout, dropout and 7 million parameters; these are DCGAN's.
export default defineRecipe({
  name: "ali",
  summary: "adversarially learned inference: D judges pairs of image and latent",
  source: "Dumoulin et al. 2017 (ALI), table 6 (CIFAR-10); IshmaelBelghazi/ALI, experiments/ali_cifar10.py",
  extends: "dcgan",
  config: {
    data: { name: "cifar10" },
    net: { prior: { size: 64, distribution: "normal" } },
    terms: { ali: {} },
    optimizers: { default: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.999] } },
    batch: 100,
  },
});
