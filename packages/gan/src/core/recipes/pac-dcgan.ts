import { defineRecipe } from "./recipe.js";

// The code's batch of 64 packs is 128 images. It gives D and both steps of G the same latents; here the first step of G
// shares D's fakes, and the second has latents of its own. Its data is in [0, 1] though G ends in tanh; here in [-1, 1].
export default defineRecipe({
  name: "pac-dcgan",
  summary: "DCGAN on stacked MNIST with D judging packs of two (PacDCGAN2)",
  group: "images",
  when: "modes of DCGAN are missing",
  source: "Lin et al. 2018 (PacGAN), section 4.2; fjxmlzn/PacGAN, VEEGAN_experiment",
  config: {
    data: { name: "stacked-mnist" },
    net: { family: "pacgan", protocol: "veegan", prior: { size: 100, distribution: "uniform" } },
    terms: { "non-saturating": {}, packing: { degree: 2 } },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0.5, 0.999] } },
    schedule: { generatorSteps: 2, shareSamples: true },
    batch: 128,
    steps: 100_000,
  },
  presets: {
    // At half the width and the rate of 2e-4 G collapses into one noisy image.
    small: { net: { channels: 32 }, optimizers: { default: { learningRate: 1e-3 } }, steps: 800 },
  },
});
