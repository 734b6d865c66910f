import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "reg-gan-mnist",
  summary: "mode-regularized GAN on MNIST with fully connected networks",
  group: "images",
  when: "the grid of mode-regularized GAN: fully connected networks on digits, an encoder",
  source: "Che et al. 2017 (Mode Regularized GAN), section 4.1.1",
  extends: "gan-mnist",
  config: {
    terms: { reconstruction: { weight: 0.2 }, "mode-regularizer": { weight: 0.4 } },
  },
});
