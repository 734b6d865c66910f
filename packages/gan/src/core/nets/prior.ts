import { type Device, distributed, type RandomGenerator, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";

/** How latents are drawn: `normal` N(0,1); `uniform` U(-1,1); `unit` U(0,1). */
export const priorSchema = z.strictObject({
  size: z.int().min(1).max(65_536).default(128).describe("length of a latent vector"),
  distribution: z
    .enum(["normal", "uniform", "unit"])
    .default("normal")
    .describe("normal: N(0,1); uniform: U(-1,1); unit: U(0,1)"),
});

export type PriorOptions = z.output<typeof priorSchema>;

/** The distribution a generator's latents come from. Of several processes' step, each takes its own rows of what all draw. */
export class Prior {
  readonly size: number;
  readonly distribution: PriorOptions["distribution"];
  /** The parts of a latent that mean something, in order; none but in a CodedPrior. */
  readonly codes: readonly Code[] = [];

  constructor(options: PriorOptions) {
    this.size = options.size;
    this.distribution = options.distribution;
  }

  /**
   * @param generator default LibTorch's
   * @returns count,size float32
   */
  sample(count: number, generator?: RandomGenerator, device: Device = "cpu"): Tensor {
    const shape = [count, this.size];
    const { drawRows } = distributed;
    if (this.distribution === "normal")
      return drawRows(shape, (all) => torch.randn(all, { generator, device }));
    const unit = drawRows(shape, (all) => torch.rand(all, { generator, device }));
    return this.distribution === "unit" ? unit : unit.mul(2).sub(1);
  }
}

/** Numbers of a latent that mean something: one of several, as a vector of zeros and a one, or a number in [-1, 1]. */
export interface Code {
  readonly kind: "categorical" | "continuous";
  /** Where it begins in the latent. */
  readonly from: number;
  /** How many numbers it has: its categories, or 1. */
  readonly length: number;
}

/** How many codes of which kind. */
export interface CodeOptions {
  /** The number of categories of each. */
  readonly categorical: readonly number[];
  readonly continuous: number;
}

/**
 * Latents with codes behind their noise: every category as likely as the next, continuous ones U(-1, 1).
 * Source: Chen et al. 2016 (InfoGAN), section 7.2.
 */
export class CodedPrior extends Prior {
  override readonly codes: readonly Code[];
  readonly #noise: Prior;

  /** @param noise what comes first in a latent */
  constructor(noise: Prior, { categorical, continuous }: CodeOptions) {
    const lengths = [...categorical, ...Array<number>(continuous).fill(1)];
    const size = lengths.reduce((sum, length) => sum + length, noise.size);
    super({ size, distribution: noise.distribution });
    this.#noise = noise;
    let from = noise.size;
    this.codes = lengths.map((length, code) => {
      const kind = code < categorical.length ? "categorical" : "continuous";
      from += length;
      return { kind, from: from - length, length };
    });
  }

  override sample(count: number, generator?: RandomGenerator, device: Device = "cpu"): Tensor {
    const { drawRows } = distributed;
    const noise = this.#noise.sample(count, generator, device);
    const codes = this.codes.map(({ kind, length }) => {
      if (kind === "continuous") {
        const unit = drawRows([count, 1], (all) => torch.rand(all, { generator, device }));
        return unit.mul(2).sub(1).to({ dtype: noise.dtype });
      }
      const chosen = drawRows([count], (all) =>
        torch.randint(0, length, all, { generator, dtype: "int64", device }),
      );
      return chosen.oneHot(length).to({ dtype: noise.dtype });
    });
    return torch.cat([noise, ...codes], 1);
  }
}
