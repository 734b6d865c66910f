import { defineRecipe } from "./recipe.js";

// The paper trains on ImageNet at 128 pixels only, with attention at 32: its networks are the preset `imagenet`. What an
// image of 32 pixels leaves room for is attention at 8 and 16.
export default defineRecipe({
  name: "sagan",
  summary: "class-conditional, with self-attention in G and D, spectral norm in both, and a faster D",
  group: "conditional",
  when: "self-attention",
  source: "Zhang et al. 2019 (SAGAN), section 3 and 4; brain-research/self-attention-gan",
  extends: "sngan-projection",
  config: {
    net: { attention: 16, generatorSpectralNorm: true },
    optimizers: {
      generator: { learningRate: 1e-4 },
      discriminator: { learningRate: 4e-4 },
    },
    schedule: { discriminatorSteps: 1, decay: "none" },
  },
  presets: {
    small: {
      net: { channels: 16 },
      optimizers: { generator: { learningRate: 5e-4 }, discriminator: { learningRate: 2e-3 } },
      steps: 1200,
    },
    imagenet: { data: { name: "images", size: 128 }, net: { attention: 32 }, batch: 256, steps: 1_000_000 },
  },
});
