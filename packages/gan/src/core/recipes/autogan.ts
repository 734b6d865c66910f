import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "autogan",
  summary: "the generator AutoGAN's search found on CIFAR-10",
  group: "images",
  when: "a searched generator, on CIFAR-10",
  source: "Gong et al. 2019 (AutoGAN); VITA-Group/AutoGAN, exps/autogan_cifar10_a.sh",
  config: {
    data: { name: "cifar10" },
    net: { family: "autogan", prior: { size: 128, distribution: "normal" } },
    terms: { hinge: {} },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0, 0.9] } },
    schedule: { discriminatorSteps: 5, generatorBatch: 128 },
    average: { decay: 0.999 },
    batch: 64,
    steps: 50_000,
  },
  presets: {
    // The rate and the length of SNGAN's, and an average over a part of it.
    small: {
      net: { channels: 16 },
      optimizers: { default: { learningRate: 1e-3 } },
      schedule: { discriminatorSteps: 2 },
      average: { decay: 0.99 },
      steps: 800,
    },
    // exps/autogan_cifar10_a2stl10.sh, which takes the labelled images too.
    stl10: { data: { name: "stl10", split: "unlabeled", size: 48 } },
  },
});
