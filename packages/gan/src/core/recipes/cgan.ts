import { defineRecipe } from "./recipe.js";

// The paper's networks have linear layers, maxout ones in D; DCGAN's take their classes the same way.
export default defineRecipe({
  name: "cgan",
  summary: "class-conditional: the label stands beside the latent for G and beside the image for D",
  group: "conditional",
  when: "DCGAN with labels",
  source: "Mirza, Osindero 2014 (cGAN), section 3.2, on the networks and schedule of DCGAN",
  extends: "dcgan",
  config: { data: { name: "mnist" }, conditional: true },
});
