import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { constant_, zeros_ } from "./init.js";
import { Layer } from "./module.js";
import type { Parameter } from "./parameter.js";
import { emptyParameter } from "./weightLayer.js";

export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** Learn a scale and a shift, of the normalised shape. Default true. */
  affine?: boolean | undefined;
}

/** Normalises every sample over its last dimensions, which must be `shape`: Ba et al. 2016. */
export class LayerNorm extends Layer {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly shape: readonly number[];
  readonly eps: number;

  constructor(shape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    this.shape = typeof shape === "number" ? [shape] : shape;
    this.eps = options.eps ?? 1e-5;
    if (options.affine ?? true) {
      this.weight = constant_(emptyParameter(this.shape), 1);
      this.bias = zeros_(emptyParameter(this.shape));
    }
  }

  forward(input: Tensor): Tensor {
    return torch.layerNorm(input, this.shape, this.weight, this.bias, this.eps);
  }
}
