/** What the widths of ALI's tables are told in. */
export const FULL_CHANNELS = 32;

/** A convolution of some kernel, stride and width; none is padded. */
export type AliStep = readonly [kernelSize: number, stride: number, width: number];

/** What ALI's networks for images of one size are made of. */
export interface AliPlan {
  readonly encoder: readonly AliStep[];
  /** Transposed convolutions. */
  readonly generator: readonly AliStep[];
  /** Of D(x). */
  readonly discriminator: readonly AliStep[];
  /** Width of both layers of D(z), and of both hidden layers of D(x, z). */
  readonly latent: number;
  readonly joint: number;
  /** Negative slope of LeakyReLUs. */
  readonly slope: number;
  /** D's hidden layers end in the larger of two pieces, without norm; false: in batch norm (but for the first) and LeakyReLU. */
  readonly maxout: boolean;
  /** Before D's layers: the first of D(x) and of D(z), and all others. */
  readonly dropout: readonly [first: number, others: number];
}

/**
 * By side of the image. 32: the paper's table for CIFAR-10 and ali_cifar10.py, whose dropout skips two of D(x)'s convolutions and
 * stands before a maxout; here it is before every convolution, as in the table. 64: ali_celeba.py; the paper's table for CelebA has
 * batch norm in D(x)'s first layer too, and no dropout in D(x).
 */
export const ALI_PLANS: Readonly<Record<number, AliPlan>> = {
  32: {
    encoder: [
      [5, 1, 32],
      [4, 2, 64],
      [4, 1, 128],
      [4, 2, 256],
      [4, 1, 512],
      [1, 1, 512],
    ],
    generator: [
      [4, 1, 256],
      [4, 2, 128],
      [4, 1, 64],
      [4, 2, 32],
      [5, 1, 32],
      [1, 1, 32],
    ],
    discriminator: [
      [5, 1, 32],
      [4, 2, 64],
      [4, 1, 128],
      [4, 2, 256],
      [4, 1, 512],
    ],
    latent: 512,
    joint: 1024,
    slope: 0.1,
    maxout: true,
    dropout: [0.2, 0.5],
  },
  64: {
    encoder: [
      [2, 1, 64],
      [7, 2, 128],
      [5, 2, 256],
      [7, 2, 256],
      [4, 1, 512],
    ],
    generator: [
      [4, 1, 512],
      [7, 2, 256],
      [5, 2, 256],
      [7, 2, 128],
      [2, 1, 64],
    ],
    discriminator: [
      [2, 1, 64],
      [7, 2, 128],
      [5, 2, 256],
      [7, 2, 256],
      [4, 1, 512],
    ],
    latent: 1024,
    joint: 2048,
    slope: 0.02,
    maxout: false,
    dropout: [0.2, 0.2],
  },
};

/**
 * The plan for images of a shape, its widths scaled.
 * @throws Error where there is none
 */
export function aliPlan([, side = 0]: readonly number[], channels: number): AliPlan {
  const plan = ALI_PLANS[side];
  if (plan === undefined) throw new Error(`no ali networks for images of ${side} pixels`);
  const scale = channels / FULL_CHANNELS;
  const scaled = (steps: readonly AliStep[]) =>
    steps.map(([kernelSize, stride, width]): AliStep => [kernelSize, stride, width * scale]);
  return {
    ...plan,
    encoder: scaled(plan.encoder),
    generator: scaled(plan.generator),
    discriminator: scaled(plan.discriminator),
    latent: plan.latent * scale,
    joint: plan.joint * scale,
  };
}
