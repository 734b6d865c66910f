import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "lecam-gan",
  summary: "BigGAN on few images: D sees them moved and cut, and its scores are held to each other",
  group: "small data",
  when: "few images of several classes",
  source: "Tseng et al. 2021 (LeCam), section 4; google/lecam-gan, biggan_cifar",
  extends: "biggan",
  config: {
    data: { name: "cifar10", limit: 5000 },
    terms: { "diff-augment": { policy: ["translation", "cutout"] }, lecam: {} },
  },
});
