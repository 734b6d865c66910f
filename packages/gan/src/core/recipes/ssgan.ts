import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "ssgan",
  summary: "SNGAN that must tell how far images were turned",
  group: "images",
  when: "SNGAN forgets: D also tells how images are turned",
  source: "Chen et al. 2019 (SSGAN); setting and schedule of kwotsin/mimicry",
  extends: "sngan",
  config: { terms: { rotation: { alpha: 0.2, beta: 1, form: "every" } } },
  presets: {
    public: {
      net: { shortcutActivation: "public", upsampling: "bilinear" },
      terms: { rotation: { everyPass: true } },
    },
  },
});
