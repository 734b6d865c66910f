import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "ssgan-infomax",
  summary: "SSGAN and InfoMax-GAN at once",
  group: "images",
  when: "SNGAN forgets: both remedies at once",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), table 2",
  extends: "ssgan",
  config: { terms: { infomax: { alpha: 0.2, beta: 0.2, criticUnits: 1024 } } },
  presets: {
    public: {
      net: { shortcutActivation: "public", upsampling: "bilinear" },
      terms: { infomax: { variant: "public" }, rotation: { everyPass: true } },
    },
  },
});
