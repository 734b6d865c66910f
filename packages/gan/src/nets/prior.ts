import { type Device, type Generator as RandomGenerator, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";

/** How latents are drawn: `normal` N(0,1); `uniform` U(-1,1); `unit` U(0,1). */
export const priorSchema = z.strictObject({
  size: z.int().min(1).default(128).describe("length of a latent vector"),
  distribution: z
    .enum(["normal", "uniform", "unit"])
    .default("normal")
    .describe("normal: N(0,1); uniform: U(-1,1); unit: U(0,1)"),
});

export type PriorOptions = z.output<typeof priorSchema>;

/** The distribution a generator's latents come from. */
export class Prior {
  readonly size: number;
  readonly distribution: PriorOptions["distribution"];

  constructor(options: PriorOptions) {
    this.size = options.size;
    this.distribution = options.distribution;
  }

  /** @returns count,size float32 */
  sample(count: number, generator: RandomGenerator, device: Device = "cpu"): Tensor {
    const shape = [count, this.size];
    if (this.distribution === "normal") return torch.randn(shape, { generator, device });
    const unit = torch.rand(shape, { generator, device });
    return this.distribution === "unit" ? unit : unit.mul(2).sub(1);
  }
}
