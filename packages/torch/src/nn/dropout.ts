import { noGrad } from "../autograd.js";
import { drawRows, size } from "../distributed.js";
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
    if (size() === 1 || !this.training) return torch.dropout(input, this.probability, this.training);
    const { dtype, device } = input;
    const memoryFormat = input.isContiguous() ? undefined : "channelsLast";
    // Drawn as for a batch of all processes: in which order of elements is LibTorch's own matter.
    const mask = drawRows(input.shape, (shape) =>
      noGrad(() =>
        torch.dropout(torch.empty(shape, { dtype, device, memoryFormat }).fill_(1), this.probability, true),
      ),
    );
    return input.mul(mask);
  }
}
