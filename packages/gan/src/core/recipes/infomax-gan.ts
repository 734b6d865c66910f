import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "infomax-gan",
  summary: "SNGAN whose features must tell whose local features are whose",
  group: "images",
  when: "SNGAN forgets: features keep images apart",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), section 4; setting of kwotsin/mimicry",
  extends: "sngan",
  config: { terms: { infomax: { alpha: 0.2, beta: 0.2, criticUnits: 1024 } } },
  presets: {
    public: {
      net: { shortcutActivation: "public", upsampling: "bilinear" },
      terms: { infomax: { variant: "public" } },
    },
  },
});
