import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "stylegan-ada",
  summary: "StyleGAN whose D sees images augmented as often as it overfits, and mirrored",
  group: "small data",
  when: "pictures before speed, and nobody knows how much augmentation is right",
  source: "Karras et al. 2020 (ADA), section 3, on the networks and losses of StyleGAN",
  extends: "stylegan",
  config: { data: { name: "cifar10", limit: 5000 }, terms: { ada: {}, mirror: {} } },
});
