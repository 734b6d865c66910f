import { defineRecipe } from "./recipe.js";

// The paper's networks are for 128 pixels of ImageNet; its CIFAR-10 ones have no residual blocks.
export default defineRecipe({
  name: "ac-gan",
  summary: "class-conditional: G is given a label, and D must name it",
  group: "conditional",
  when: "D must name the class",
  source: "Odena, Olah, Shlens 2017 (AC-GAN), on the networks and schedule of SNGAN",
  extends: "sngan",
  config: {
    conditional: true,
    terms: { hinge: null, "non-saturating": {}, "auxiliary-classifier": {} },
  },
});
