import { defineRecipe } from "./recipe.js";

// The code's Adam also decays weights, by 1e-4.
export default defineRecipe({
  name: "msgan",
  summary: "class-conditional DCGAN whose images must differ as much as their latents",
  group: "conditional",
  when: "classes look all alike: latents that are apart must make images that are",
  source: "Mao et al. 2019 (MSGAN), section 4.1; HelenMao/MSGAN, DCGAN-Mode-Seeking",
  extends: "cgan",
  config: {
    data: { name: "cifar10" },
    net: { prior: { distribution: "normal" } },
    terms: { "mode-seeking": { weight: 1 } },
    optimizers: { default: { weightDecay: 1e-4 } },
    batch: 32,
  },
  presets: { small: { net: { channels: 32 }, batch: 64, steps: 3000 } },
});
