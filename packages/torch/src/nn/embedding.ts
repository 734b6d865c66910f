import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { normal_ } from "./init.js";
import { WeightLayer, type WeightOptions } from "./weightLayer.js";

/** A learned vector for each of `count` symbols: int64 `[...] -> [..., features]`. Initialised N(0, 1), as in PyTorch. */
export class Embedding extends WeightLayer {
  constructor(count: number, features: number, options: Pick<WeightOptions, "spectralNorm"> = {}) {
    super({ shape: [count, features], initialise: (weight) => normal_(weight) }, options);
  }

  /** @param input int64, each in [0, count) */
  forward(input: Tensor): Tensor {
    return torch.embedding(this.effectiveWeight(), input);
  }
}
