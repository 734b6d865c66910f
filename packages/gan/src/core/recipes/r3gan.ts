import { defineRecipe } from "./recipe.js";

// The loss of R3GAN on networks of here, without norms in D, so that R1 and R2 are of single images. On CIFAR-10 its rate and gammas
// fall from 2e-4 and 0.05 to 5e-5 and 0.005 and beta2 grows from 0.9 to 0.99, by a cosine; here the rate falls linearly to 0, and the
// others stay. With a D as narrow as here a gamma of 1 left G far behind on stacked MNIST, and 10 did not (500 and 800 iterations,
// looked at). Its G compares with a batch of reals of its own; here with those of D's step.
export default defineRecipe({
  name: "r3gan",
  summary: "relativistic pairs with R1 and R2: R3GAN's loss, on today's networks",
  group: "images",
  when: "relativistic losses with R1 and R2; --preset ring for points",
  source:
    "Huang et al. 2024 (R3GAN), section 2; brownvc/R3GAN, R3GAN/Trainer.py; gammas and networks of here",
  config: {
    data: { name: "stacked-mnist" },
    net: {
      family: "dcgan",
      channels: 64,
      discriminatorNorm: "none",
      prior: { size: 64, distribution: "normal" },
    },
    terms: { relativistic: {}, r1: { gamma: 10 }, r2: { term: "r1", stream: "fake", gamma: 10 } },
    optimizers: { default: { kind: "adam", learningRate: 2e-4, betas: [0, 0.9] } },
    schedule: { decay: "linear" },
    batch: 128,
    steps: 50_000,
  },
  presets: {
    // The recipe itself, by the name of its data.
    "stacked-mnist": {},
    small: { net: { channels: 32 }, batch: 64, steps: 3000 },
    // Networks, data and steps of `gan --preset small`. The gammas were chosen on `one-layer`: with 0.1 no mode was covered, with 1 and 3 all
    // (one seed, three for 1).
    ring: {
      data: { name: "ring" },
      net: {
        family: "mlp",
        channels: null,
        discriminatorNorm: null,
        prior: { size: 2 },
        generatorHidden: [128, 128],
        generatorBatchNorm: false,
        discriminatorHidden: [128, 128],
        discriminatorActivation: "relu",
        initialization: "default",
      },
      terms: { r1: { gamma: 1 }, r2: { gamma: 1 } },
      optimizers: { default: { learningRate: 1e-3, betas: [0.5, 0.999] } },
      batch: 128,
      steps: 3000,
      intervals: { log: 200, sample: 500, checkpoint: 1000 },
    },
  },
});
