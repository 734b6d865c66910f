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

/** Fully connected networks: they learn in seconds. */
const small = {
  net: {
    family: "mlp",
    channels: null,
    discriminatorNorm: null,
    generatorHidden: [256, 256],
    discriminatorHidden: [256, 256],
    discriminatorActivation: "relu",
  },
  batch: 32,
  optimizers: { default: { kind: "adam", learningRate: 1e-3 } },
};

const regularized = {
  net: { generatorSize: 256, discriminatorSize: 256, encoderHidden: [256] },
  batch: 32,
  optimizers: { default: { kind: "adam", learningRate: 1e-3 } },
};

/**
 * Of what findings were tuned on (Fashion-MNIST, the ring; recipes gan, dcgan, gan-mnist, reg-gan-points; seeds 0 and 1) there is neither a
 * data set, a recipe nor a seed.
 */
export const problems: readonly Problem[] = [
  {
    name: "mnist-lsgan",
    summary: "LSGAN's losses on MNIST",
    recipe: "lsgan",
    settings: [{ data: { name: "mnist" }, ...small, steps: 600 }],
    healthy: 8,
  },
  {
    name: "mnist-reg-gan",
    summary: "mode-regularized GAN on MNIST",
    recipe: "reg-gan-mnist",
    settings: [{ data: { name: "mnist" }, ...regularized, steps: 480 }],
    healthy: 8,
  },
  {
    name: "cifar10-reg-gan",
    summary: "mode-regularized GAN on CIFAR-10",
    recipe: "reg-gan-mnist",
    settings: [{ data: { name: "cifar10" }, ...regularized, steps: 360 }],
    healthy: 8,
  },
  {
    name: "grid-pacgan",
    summary: "PacGAN on four Gaussians on a square",
    recipe: "pacgan",
    preset: "small",
    settings: [{ data: { name: "grid", radius: null, side: 2, spacing: 2, std: 0.2 }, steps: 1200 }],
    healthy: 8,
  },
  {
    name: "mnist-cgan",
    summary: "conditional GAN on MNIST",
    recipe: "cgan",
    settings: [{ data: { name: "mnist" }, ...small }],
    healthy: 0,
  },
  {
    name: "cifar10-cgan",
    summary: "conditional GAN on CIFAR-10",
    recipe: "cgan",
    settings: [{ data: { name: "cifar10" }, ...small }],
    healthy: 0,
  },
];
