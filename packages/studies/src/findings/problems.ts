import type { JsonObject } from "@gantry/gan";

/** A training that goes well: recipe, data and settings. */
export interface Problem {
  readonly name: string;
  readonly summary: string;
  readonly recipe: string;
  readonly preset?: string;
  readonly settings: readonly JsonObject[];
  /** Seeds that are trained as it is. */
  readonly healthy: number;
}

const rate = { optimizers: { default: { kind: "adam", learningRate: 1e-3 } } };
const small = { net: { channels: 8 }, batch: 32, ...rate };

/**
 * Of what findings were tuned on (Fashion-MNIST, the ring; recipes gan, dcgan, gan-mnist, reg-gan-points; seeds 0 and 1) there is neither a
 * data set, a recipe nor a seed.
 */
export const problems: readonly Problem[] = [
  {
    name: "mnist-lsgan",
    summary: "LSGAN on MNIST",
    recipe: "lsgan",
    settings: [{ data: { name: "mnist" }, ...small, steps: 360 }],
    healthy: 7,
  },
  {
    name: "cifar10-msgan",
    summary: "MSGAN on CIFAR-10",
    recipe: "msgan",
    settings: [{ data: { name: "cifar10" }, ...small, steps: 300 }],
    healthy: 7,
  },
  {
    name: "mnist-cgan",
    summary: "conditional GAN on MNIST",
    recipe: "cgan",
    settings: [{ data: { name: "mnist" }, ...small, steps: 360 }],
    healthy: 6,
  },
  {
    name: "mnist-reg-gan",
    summary: "mode-regularized GAN on MNIST, fully connected",
    recipe: "reg-gan-mnist",
    settings: [
      {
        data: { name: "mnist" },
        net: { generatorSize: 128, discriminatorSize: 128, encoderHidden: [128] },
        batch: 32,
        steps: 480,
        ...rate,
      },
    ],
    healthy: 7,
  },
  {
    name: "grid-pacgan",
    summary: "PacGAN on four Gaussians on a square",
    recipe: "pacgan",
    preset: "small",
    settings: [{ data: { name: "grid", radius: null, side: 2, spacing: 2, std: 0.2 }, steps: 1200 }],
    healthy: 5,
  },
  {
    name: "cifar10-cgan",
    summary: "conditional GAN on CIFAR-10",
    recipe: "cgan",
    settings: [{ data: { name: "cifar10" }, ...small, steps: 300 }],
    healthy: 0,
  },
];
