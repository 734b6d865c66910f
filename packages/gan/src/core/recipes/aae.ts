import { defineRecipe } from "./recipe.js";

// The paper trains fully connected networks by SGD with momentum; latent and Adam are those of eriklindernoren/PyTorch-GAN.
export default defineRecipe({
  name: "aae",
  summary: "adversarial autoencoder: D judges latents, images come from an autoencoder",
  group: "inference",
  when: "an autoencoder with a prior",
  source: "Makhzani et al. 2016, appendix A; eriklindernoren/PyTorch-GAN, aae.py",
  extends: "dcgan",
  config: {
    net: { prior: { size: 10, distribution: "normal" } },
    terms: { aae: { hidden: [1000, 1000] } },
    batch: 64,
  },
  presets: { small: { net: { channels: 32 }, terms: { aae: { hidden: [256, 256] } }, steps: 3000 } },
});
