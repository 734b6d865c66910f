import { nn, scope, type Tensor, torch } from "@gantry/torch";
import { xavierConv2d } from "./xavier.js";

/** As public codes have it, or as it is printed. */
export type AttentionForm = "public" | "printed";

export interface SelfAttentionOptions extends Pick<nn.WeightOptions, "spectralNorm"> {
  /** Default public. */
  readonly form?: AttentionForm | undefined;
}

/**
 * Every place of a map looks at all others, N,C,H,W to the same:
 *
 *     theta = conv1(x), C/8 channels        phi = max pool(conv1(x)), C/8        g = max pool(conv1(x)), C/2
 *     y = x + gain * conv1(g softmax(theta^T phi)), the softmax over the places of phi
 *
 * The gain starts at 0. No convolution has a bias. That is what all public codes do. Printed, nothing is pooled, and theta, phi
 * and g have C/8 channels each: `printed`.
 * Source: Zhang et al. 2019 (SAGAN), section 3; brain-research/self-attention-gan, ajbrock/BigGAN-PyTorch.
 */
export class SelfAttention extends nn.Layer {
  readonly theta: nn.Conv2d;
  readonly phi: nn.Conv2d;
  readonly g: nn.Conv2d;
  readonly output: nn.Conv2d;
  /** A single number. */
  readonly gain: nn.Parameter;

  readonly #form: AttentionForm;

  /** @param channels 8 or more are as in the paper; fewer have one channel to compare by */
  constructor(channels: number, { spectralNorm, form = "public" }: SelfAttentionOptions) {
    super();
    this.#form = form;
    const narrow = Math.max(1, Math.floor(channels / 8));
    const half = form === "printed" ? narrow : Math.max(1, Math.floor(channels / 2));
    const conv1 = (inputs: number, outputs: number) =>
      xavierConv2d(inputs, outputs, { kernelSize: 1, bias: false, spectralNorm });
    this.theta = conv1(channels, narrow);
    this.phi = conv1(channels, narrow);
    this.g = conv1(channels, half);
    this.output = conv1(half, channels);
    this.gain = scope(() => nn.parameter(torch.zeros([])));
  }

  forward(input: Tensor): Tensor {
    return scope(() => {
      const { shape } = input;
      const [, , height = 0, width = 0] = shape;
      const queries = this.theta.forward(input).flatten(2);
      const seenFrom = (map: Tensor) => (this.#form === "printed" ? map : map.maxPool2d(2)).flatten(2);
      const keys = seenFrom(this.phi.forward(input));
      const values = seenFrom(this.g.forward(input));
      const weights = queries.transpose(1, 2).bmm(keys).softmax(2);
      const seen = values.bmm(weights.transpose(1, 2)).view([-1, values.size(1), height, width]);
      return input.add(this.output.forward(seen).mul(this.gain));
    });
  }
}
