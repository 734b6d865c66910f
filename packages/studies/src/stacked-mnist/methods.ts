import type { JsonObject, Named } from "@gantry/gan";

export interface Method extends Named {
  /** Beside the networks, optimizer and schedule that all have; undefined: nothing is trained, real triples are judged. */
  readonly terms: JsonObject | undefined;
  /** Times the batch of the others. */
  readonly pack?: number;
}

const crossEntropy: JsonObject = { "non-saturating": {} };

export const methods: readonly Method[] = [
  { name: "real", summary: "no training: triples of real digits, judged as samples are", terms: undefined },
  { name: "dcgan", summary: "the plain GAN, non-saturating", terms: crossEntropy },
  {
    name: "pacgan2",
    summary: "PacDCGAN2: D judges packs of two; 64 packs, 128 images, in a batch",
    terms: { ...crossEntropy, packing: { degree: 2 } },
    pack: 2,
  },
  {
    name: "reg-gan",
    summary: "Reg-GAN: reconstruction 0.2 and reward 0.4, the paper's weights on MNIST",
    terms: { ...crossEntropy, reconstruction: { weight: 0.2 }, "mode-regularizer": { weight: 0.4 } },
  },
  {
    name: "ivlsgan",
    summary:
      "IVLSGAN: least squares, 4 blocks, the paper's weights 0.5 and 0.25, 10 steps of E an iteration, the code's instance " +
      "noise for stacked MNIST; the common rate of 2e-4 for E too, where the paper has 0.005",
    terms: {
      "least-squares": { realLabel: 1, fakeLabel: -1, target: 0, half: false },
      intervention: { k: 4, weight: 0.5, reconstruction: 0.25, encoderSteps: 10 },
      "instance-noise": {
        sigma: [
          [0, 0.03],
          [50, 0.01],
          [100, 0.005],
        ],
        unit: "epochs",
      },
    },
  },
  {
    name: "infomax",
    summary:
      "InfoMax-GAN's task, equation 4, alpha = beta = 0.2, 1024 units, on the plain GAN's cross-entropy",
    terms: { ...crossEntropy, infomax: { alpha: 0.2, beta: 0.2, criticUnits: 1024 } },
  },
  {
    name: "adaptive-weights",
    summary: "aw-GAN: adaptive weighted D, algorithm 1, on the plain GAN's cross-entropy",
    terms: { ...crossEntropy, "adaptive-weights": {} },
  },
];
