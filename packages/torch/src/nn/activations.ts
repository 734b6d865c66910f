// Activations as layers, for Sequential; elsewhere the methods of Tensor do.
import type { Tensor } from "../tensor.js";
import { Layer } from "./module.js";

export class ReLU extends Layer {
  forward(input: Tensor): Tensor {
    return input.relu();
  }
}

export class LeakyReLU extends Layer {
  /** @param negativeSlope default 0.01, as in PyTorch; most GANs use 0.2 */
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input.leakyRelu(this.negativeSlope);
  }
}

export class ELU extends Layer {
  /** @param alpha default 1 */
  constructor(readonly alpha = 1) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input.elu(this.alpha);
  }
}

export class GELU extends Layer {
  forward(input: Tensor): Tensor {
    return input.gelu();
  }
}

export class SiLU extends Layer {
  forward(input: Tensor): Tensor {
    return input.silu();
  }
}

/** log(1 + exp(beta x)) / beta. */
export class Softplus extends Layer {
  /**
   * @param beta default 1
   * @param threshold where beta x exceeds it, x itself; default 20
   */
  constructor(
    readonly beta = 1,
    readonly threshold = 20,
  ) {
    super();
  }

  forward(input: Tensor): Tensor {
    return input.softplus(this.beta, this.threshold);
  }
}

export class Tanh extends Layer {
  forward(input: Tensor): Tensor {
    return input.tanh();
  }
}

export class Sigmoid extends Layer {
  forward(input: Tensor): Tensor {
    return input.sigmoid();
  }
}
