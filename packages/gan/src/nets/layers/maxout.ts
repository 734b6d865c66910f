import { nn, type Tensor, torch } from "@gantry/torch";

/** The largest of several linear maps, unit by unit. Source: Goodfellow et al. 2013 (Maxout Networks), section 2. */
export class Maxout extends nn.Layer {
  readonly linear: nn.Linear;
  readonly #pieces: number;

  /** @param pieces linear maps a unit @returns a layer from N,inputs to N,units */
  constructor(inputs: number, units: number, pieces: number) {
    super();
    this.#pieces = pieces;
    this.linear = new nn.Linear(inputs, units * pieces);
  }

  forward(input: Tensor): Tensor {
    return torch.maxout(this.linear.forward(input), this.#pieces);
  }
}
