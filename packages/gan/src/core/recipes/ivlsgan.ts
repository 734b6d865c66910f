import { defineRecipe } from "./recipe.js";

export default defineRecipe({
  name: "ivlsgan",
  summary: "intervention GAN on least squares: a classifier must not tell which part of a latent was noise",
  group: "images",
  when: "modes are missing: interventions on codes, by least squares",
  source: "IVGAN paper, tables 4 and 5; noise, labels and steps of zhangliangyu32/IVGAN, IVLSGAN_CIFAR",
  config: {
    data: { name: "cifar10", size: 64 },
    net: { family: "dcgan", channels: 64, prior: { size: 100, distribution: "normal" } },
    terms: {
      "least-squares": { realLabel: 1, fakeLabel: -1, target: 0, half: false },
      intervention: { k: 4, weight: 0.5, reconstruction: 0.25, encoderSteps: 10 },
      "instance-noise": {
        sigma: {
          from: 0.05,
          to: 0,
          over: { epochs: 200 },
          shape: "steps",
          between: [
            [50, 0.01],
            [100, 0.001],
          ],
        },
      },
    },
    optimizers: {
      default: { kind: "adam", learningRate: 2e-4, betas: [0.5, 0.999] },
      encoder: { kind: "adam", learningRate: 0.005, betas: [0.5, 0.999] },
    },
    // Algorithm 1 makes G(O(E(x))) once for D, f, G and E.
    schedule: { shareSamples: true },
    batch: 64,
    steps: 312_000,
  },
  presets: {
    small: {
      data: { size: 32 },
      net: { channels: 32 },
      terms: { intervention: { encoderSteps: 2 } },
      steps: 1000,
    },
    // What the authors' code does and the paper does not say.
    public: {
      net: { encoderChannels: 16 },
      terms: {
        intervention: { variant: "public", draw: "batch", latents: "encoded", classifier: "weighted" },
      },
      optimizers: { encoder: { learningRate: 0.01, weightDecay: 5e-4 } },
    },
  },
});
