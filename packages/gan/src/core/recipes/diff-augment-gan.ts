import { defineRecipe } from "./recipe.js";

// A tenth of CIFAR-10, as the paper's; its networks are BigGAN's, for which `biggan --with diff-augment` stands.
export default defineRecipe({
  name: "diff-augment-gan",
  summary: "DCGAN whose D sees images moved, cut and recoloured",
  group: "small data",
  when: "the first try below 5,000 images: nothing to tune, cheap",
  source: "Zhao et al. 2020 (DiffAugment), section 3, on the networks and schedule of DCGAN",
  extends: "dcgan",
  config: { data: { name: "cifar10", limit: 5000 }, terms: { "diff-augment": {} } },
});
