import type { Tensor } from "../tensor.js";
import { Layer } from "./module.js";

/** Joins the dimensions from `startDimension` on. */
export class Flatten extends Layer {
  /** @param startDimension default 1: a sample becomes a vector */
  constructor(readonly startDimension = 1) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input.flatten(this.startDimension);
  }
}

/** Gives every sample the shape `[...sizes]`; the batch's dimension stays. */
export class Reshape extends Layer {
  readonly sizes: readonly number[];

  constructor(...sizes: number[]) {
    super();
    this.sizes = sizes;
  }

  forward(input: Tensor): Tensor {
    return input.reshape([input.size(0), ...this.sizes]);
  }
}

/** Its input: a place holder for a layer that is left out. */
export class Identity extends Layer {
  forward(input: Tensor): Tensor {
    return input;
  }
}
