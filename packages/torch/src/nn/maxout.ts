import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { Linear } from "./linear.js";
import { Layer } from "./module.js";
import { isRewritten } from "./rewrites.js";

/**
 * The largest of several linear maps, unit by unit; of equals the first. Source: Goodfellow et al. 2013 (Maxout Networks),
 * section 2.
 */
export class Maxout extends Layer {
  /** The maps, those of a unit one after the other: its weight is `[units * pieces, inputs]`. */
  readonly linear: Linear;
  readonly #pieces: number;

  /**
   * @param pieces linear maps a unit
   * @returns a layer from N,inputs to N,units
   */
  constructor(inputs: number, units: number, pieces: number) {
    super();
    this.#pieces = pieces;
    this.linear = new Linear(inputs, units * pieces);
  }

  forward(input: Tensor): Tensor {
    if (!isRewritten("chosen-maxout")) {
      const maps = this.linear.forward(input);
      return maps.view([input.shape[0] as number, -1, this.#pieces]).maxAlong(2)[0];
    }
    return torch.maxoutLinear(input, this.linear.effectiveWeight(), this.linear.bias, this.#pieces);
  }
}
