import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "lsgan",
  summary: "DCGAN with least-squares losses",
  group: "images",
  when: "DCGAN is unstable",
  source: "Mao et al. 2017; optimizer: IVGAN paper, table 5",
  extends: "dcgan",
  config: { terms: { "non-saturating": null, "least-squares": {} }, batch: 64 },
  ownPresets: {
    // The baseline of the IVGAN paper: its table 5, on the data and for the epochs of `ivlsgan`.
    "intervention-gan": {
      data: { name: "cifar10", size: 64 },
      net: { prior: { distribution: "normal" } },
      optimizers: { default: { learningRate: 2e-4 } },
      steps: 312_000,
    },
  },
});
