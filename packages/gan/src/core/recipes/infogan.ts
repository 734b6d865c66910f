import { defineRecipe } from "./recipe.js";

// The code's images are in [0, 1]; here in [-1, 1].
export default defineRecipe({
  name: "infogan",
  summary:
    "codes in the latent, of which G learns what they mean: which digit, how it leans, how thick it is",
  group: "inference",
  when: "codes that mean something",
  source:
    "Chen et al. 2016 (InfoGAN), section 7.2 and appendix C.1; openai/InfoGAN, launchers/run_mnist_exp.py",
  config: {
    data: { name: "mnist" },
    net: { family: "infogan", prior: { size: 62, distribution: "uniform" } },
    terms: { "non-saturating": {}, "mutual-information": { categorical: [10], continuous: 2 } },
    optimizers: {
      default: { kind: "adam", learningRate: 2e-4, betas: [0.5, 0.999] },
      generator: { learningRate: 1e-3 },
    },
    batch: 128,
    steps: 5000,
  },
  presets: { small: { net: { channels: 16 }, batch: 64, steps: 3000 } },
});
