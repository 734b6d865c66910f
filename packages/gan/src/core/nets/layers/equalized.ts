import { nn, type Tensor, torch } from "@gantry/torch";

export interface EqualizedOptions {
  /** Default sqrt 2, which keeps the variance through a ReLU. */
  gain?: number;
  /** How much slower than the learning rate it learns. Default 1. */
  rate?: number;
  /** Default true. */
  bias?: boolean;
}

/** Factor on stored weights: their standard deviation at the start, divided by what they are stored with. */
function prepare(
  layer: nn.WeightLayer,
  fanIn: number,
  { gain = Math.SQRT2, rate = 1 }: EqualizedOptions,
): number {
  nn.init.normal_(layer.weight, 0, 1 / rate);
  if (layer.bias !== undefined) nn.init.zeros_(layer.bias);
  return (gain / Math.sqrt(fanIn)) * rate;
}

/**
 * A linear layer with an equalized learning rate: weights are stored N(0, 1 / rate^2) and scaled when used, so that Adam
 * moves all by the same share of what they began with. Source: Karras et al. 2018 (ProGAN), section 4.1; NVlabs/stylegan.
 */
export class EqualizedLinear extends nn.Linear {
  readonly #scale: number;
  readonly #rate: number;

  constructor(inputs: number, outputs: number, options: EqualizedOptions = {}) {
    super(inputs, outputs, { bias: options.bias });
    this.#scale = prepare(this, inputs, options);
    this.#rate = options.rate ?? 1;
  }

  override effectiveWeight(): Tensor {
    return this.weight.mul(this.#scale);
  }

  override forward(input: Tensor): Tensor {
    return torch.linear(input, this.effectiveWeight(), this.bias?.mul(this.#rate));
  }
}

/** A square convolution that keeps the size of its map, with an equalized learning rate. */
export class EqualizedConv2d extends nn.Conv2d {
  readonly #scale: number;

  constructor(
    inputs: number,
    outputs: number,
    { kernelSize, ...options }: Omit<EqualizedOptions, "rate"> & { kernelSize: 1 | 3 },
  ) {
    super(inputs, outputs, { kernelSize, padding: (kernelSize - 1) / 2, bias: options.bias });
    this.#scale = prepare(this, inputs * kernelSize ** 2, options);
  }

  override effectiveWeight(): Tensor {
    return this.weight.mul(this.#scale);
  }
}
