import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "sngan",
  summary: "residual networks with spectral norm in D and hinge losses",
  group: "images",
  when: "good pictures at 32 to 128 pixels",
  source: "Miyato et al. 2018 (SNGAN), setting and schedule of kwotsin/mimicry",
  config: {
    data: { name: "cifar10" },
    net: { family: "resnet", prior: { size: 128, distribution: "normal" } },
    terms: { hinge: {} },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0, 0.9] } },
    schedule: { discriminatorSteps: 5, decay: "linear" },
    batch: 64,
    steps: 100_000,
  },
  presets: {
    // At 2e-4 so short a training shows colours alone, after twice as many iterations.
    small: {
      net: { channels: 16 },
      optimizers: { default: { learningRate: 1e-3 } },
      schedule: { discriminatorSteps: 2 },
      steps: 800,
    },
    // The data, networks and schedules of InfoMax-GAN's appendix A.2 at 48 and 128 pixels. STL-10: the 100,000 without labels.
    stl10: { data: { name: "stl10", split: "unlabeled", size: 48 } },
    celeba: { data: { name: "celeba", size: 128 }, schedule: { discriminatorSteps: 2, decay: "none" } },
    imagenet: { data: { name: "imagenet", size: 128 }, schedule: { decay: "none" }, steps: 450_000 },
    // The networks that kwotsin/mimicry published its scores for.
    public: { net: { shortcutActivation: "public", upsampling: "bilinear" } },
  },
});
