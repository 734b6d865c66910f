import { nn, scope, type Tensor, torch } from "@gantry/torch";

const EPSILON = 1e-5;

/**
 * Normalises images by a reference batch, so that what becomes of one does not depend on the others beside it: N,C,H,W to the
 * same, the first R of which are the reference. The reference is normalised by its own statistics; every other image by
 *
 *     mean = (its own mean over places + R * the reference's mean) / (R + 1)
 *
 * and likewise for the mean of squares. Scales start at N(1, 0.02), shifts at 0.
 * Source: Salimans et al. 2016 (Improved Techniques), section 3.5; openai/improved-gan, imagenet/model.py.
 */
export class VirtualBatchNorm2d extends nn.Layer {
  readonly weight: nn.Parameter;
  readonly bias: nn.Parameter;
  readonly #references: number;

  /** @param references R */
  constructor(features: number, references: number) {
    super();
    this.#references = references;
    this.weight = scope(() => nn.parameter(torch.empty([features])));
    nn.init.normal_(this.weight, 1, 0.02);
    this.bias = scope(() => nn.parameter(torch.zeros([features])));
  }

  forward(input: Tensor): Tensor {
    return scope(() => {
      const [count = 0, channels = 0] = input.shape;
      // The difference of two moments: bfloat16 would leave nothing of it.
      const map = input.dtype === "bfloat16" ? input.to({ dtype: "float32" }) : input;
      const references = this.#references;
      const own = map.mean([2, 3], true);
      const ownSquare = map.square().mean([2, 3], true);
      const [mean, square] = [own, ownSquare].map((moment) => {
        const shared = moment.narrow(0, 0, references).mean([0], true);
        const mixed = moment
          .narrow(0, references, count - references)
          .add(shared.mul(references))
          .div(references + 1);
        return torch.cat([shared.expand([references, -1, -1, -1]), mixed], 0);
      }) as [Tensor, Tensor];
      const places = (values: Tensor) => values.view([1, channels, 1, 1]);
      const scale = square.sub(mean.square()).add(EPSILON).rsqrt().mul(places(this.weight));
      return map.sub(mean).mul(scale).add(places(this.bias)).to({ dtype: input.dtype });
    });
  }
}
