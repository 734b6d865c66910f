import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { Layer } from "./module.js";

/** In training, zeroes elements and scales the rest by 1 / (1 - probability); otherwise the identity. */
export class Dropout extends Layer {
  /** @param probability of an element to be zeroed; default 0.5 */
  constructor(readonly probability = 0.5) {
    super();
  }

  forward(input: Tensor): Tensor {
    return torch.dropout(input, this.probability, this.training);
  }
}
