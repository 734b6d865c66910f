import { nn, type Tensor } from "@gantry/torch";

/**
 * The largest of every `pieces` channels that stand beside each other: N,C,H,W to N,C/pieces,H,W; of N,C alike.
 * Source: Goodfellow et al. 2013 (Maxout Networks), section 2.
 */
export class ChannelMaxout extends nn.Layer {
  constructor(readonly pieces: number) {
    super();
  }

  forward(input: Tensor): Tensor {
    const [count = 0, channels = 0, ...places] = input.shape;
    return input
      .contiguous()
      .view([count, channels / this.pieces, this.pieces, ...places])
      .maxAlong(2)[0];
  }
}
