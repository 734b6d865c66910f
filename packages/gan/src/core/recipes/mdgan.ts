import { defineRecipe } from "./recipe.js";

// The paper states neither lambda nor the optimizer of its MDGAN; these are DCGAN's, and a latent of 200 as in table 3.
export default defineRecipe({
  name: "mdgan",
  summary: "manifold-diffusion GAN: two discriminators and an encoder",
  group: "images",
  when: "an encoder is wanted, or modes are missing: two discriminators",
  source: "Che et al. 2017 (Mode Regularized GAN), section 3.3 and appendix A",
  extends: "dcgan",
  config: {
    net: { prior: { size: 200 } },
    terms: { "manifold-diffusion": { weight: 1, distance: 1 } },
  },
});
