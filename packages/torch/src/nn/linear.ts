import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { WeightLayer, type WeightOptions } from "./weightLayer.js";

/** `[..., inFeatures] -> [..., outFeatures]`: x W^T + b. Initialised as in PyTorch: U(+-1/sqrt(inFeatures)). */
export class Linear extends WeightLayer {
  constructor(inFeatures: number, outFeatures: number, options: WeightOptions = {}) {
    super({ shape: [outFeatures, inFeatures], biases: outFeatures }, options);
  }

  forward(input: Tensor): Tensor {
    return torch.linear(input, this.effectiveWeight(), this.bias);
  }
}
