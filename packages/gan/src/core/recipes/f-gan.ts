import { defineRecipe } from "./recipe.js";

// Section 4.2's networks are DCGAN's. The other divergences: --set terms.f-divergence.kind=pearson.
export default defineRecipe({
  name: "f-gan",
  summary: "DCGAN on the Kullback-Leibler divergence; others of the family by terms.f-divergence.kind",
  source: "Nowozin, Cseke, Tomioka 2016 (f-GAN), sections 2 to 4, on the networks and schedule of DCGAN",
  extends: "dcgan",
  config: { terms: { "non-saturating": null, "f-divergence": { kind: "kullback-leibler" } } },
  presets: {
    small: { net: { channels: 32 }, batch: 64, steps: 3000 },
    // Networks and steps of `gan --preset small`.
    ring: {
      data: { name: "ring", radius: 2, std: 0.02 },
      net: {
        family: "mlp",
        channels: null,
        prior: { size: 2, distribution: "normal" },
        generatorHidden: [128, 128],
        generatorBatchNorm: false,
        discriminatorHidden: [128],
        discriminatorActivation: "relu",
        initialization: "default",
      },
      optimizers: { default: { learningRate: 1e-3, betas: [0.5, 0.999] } },
      schedule: { decay: "linear", shareSamples: false },
      batch: 128,
      steps: 3000,
      intervals: { log: 200, sample: 500, checkpoint: 1000 },
    },
  },
});
