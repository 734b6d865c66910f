import { defineRecipe } from "./recipe.js";

// The paper lowers its rate of 1e-4 by half whenever M stalls; its best known code halves 8e-5 every 100,000 iterations, down to 2e-5.
export default defineRecipe({
  name: "began",
  summary: "boundary equilibrium GAN: autoencoding D, a controller that balances the two sides",
  group: "images",
  when: "D as an autoencoder, the two sides balanced by a controller; measure falls as it converges",
  source: "Berthelot, Schumm, Metz 2017 (BEGAN), section 3; carpedm20/BEGAN-tensorflow, config.py",
  config: {
    data: { name: "celeba", size: 64 },
    net: { family: "began", channels: 128, prior: { size: 64, distribution: "uniform" } },
    terms: { "boundary-equilibrium": { code: 64, balance: 0.5, rate: 0.001 } },
    optimizers: {
      default: {
        kind: "adam",
        learningRate: {
          from: 8e-5,
          to: 2e-5,
          over: { iterations: 200_000 },
          shape: "steps",
          between: [[100_000, 4e-5]],
        },
        betas: [0.5, 0.999],
      },
    },
    batch: 16,
    steps: 500_000,
  },
  presets: {
    // A faster controller, or k would get nowhere in so few iterations. With 2e-4 and a balance of 0.5 nothing is recognised after
    // 3000; with 1e-3 and 0.5 all samples are one.
    small: {
      data: { name: "fashion-mnist", size: null },
      net: { channels: 16, prior: { size: 32 } },
      terms: { "boundary-equilibrium": { code: 32, balance: 0.7, rate: 0.01 } },
      optimizers: { default: { learningRate: 5e-4 } },
      steps: 3000,
    },
  },
});
