import pacDcgan from "./pac-dcgan.js";
import { defineRecipe } from "./recipe.js";

// The paper's step size is not known; this is the one of PacGAN's comparisons on the same data.
export default defineRecipe({
  name: "veegan",
  summary: "a reconstructor undoes G, and D judges pairs; on stacked MNIST",
  group: "inference",
  when: "modes are missing: a reconstructor",
  source:
    "Srivastava et al. 2017 (VEEGAN), algorithm 1; networks and Adam: fjxmlzn/PacGAN, VEEGAN_experiment",
  extends: "pac-dcgan",
  config: {
    terms: { "non-saturating": null, packing: null, "log-ratio": {}, veegan: {} },
    batch: 64,
  },
  presets: {
    // With one rate for all, D leaves G behind at once: its images are noise.
    small: {
      ...pacDcgan.presets?.small,
      optimizers: { default: { learningRate: 1e-3 }, discriminator: { learningRate: 5e-5 } },
    },
  },
});
