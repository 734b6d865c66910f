import { defineRecipe } from "./recipe.js";

// The authors' code is for MNIST, on fully connected networks.
export default defineRecipe({
  name: "dragan",
  summary: "the usual game with D's slope held to 1 around the real data",
  group: "images",
  when: "the usual game with D's slope held around the data alone",
  source: "Kodali et al. 2017 (DRAGAN); Adam of kodalinaveen3/DRAGAN; networks of DCGAN without norms in D",
  extends: "dcgan",
  config: {
    data: { name: "mnist" },
    net: { discriminatorNorm: "none", prior: { distribution: "normal" } },
    terms: { "local-gradient-penalty": { weight: 10 } },
    optimizers: { default: { kind: "adam", learningRate: 1e-4, betas: [0.5, 0.9] } },
    batch: 64,
  },
  presets: { small: { net: { channels: 32 }, steps: 3000 } },
});
