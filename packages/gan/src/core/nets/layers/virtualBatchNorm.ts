import { nn, scope, type Tensor, torch } from "@gantry/torch";

/**
 * Normalises samples by a reference batch, so that what becomes of one does not depend on the others beside it: N,C or N,C,H,W to
 * the same, the first R of which are the reference. The reference is normalised by its own statistics; every other sample by
 *
 *     mean = (its own mean over places + R * the reference's mean) / (R + 1)
 *
 * and likewise for the mean of squares; of N,C a sample's own mean is what it is. Scales start at N(1, 0.02), shifts at 0.
 * Source: Salimans et al. 2016 (Improved Techniques), section 3.5; openai/improved-gan, imagenet/model.py.
 */
export class VirtualBatchNorm extends nn.Layer {
  readonly weight: nn.Parameter | undefined;
  readonly bias: nn.Parameter | undefined;
  readonly #references: number;
  readonly #eps: number;

  /**
   * @param references R
   * @param options.affine learn a scale and a shift; default true
   * @param options.eps added to the variance; default 1e-5
   */
  constructor(
    features: number,
    references: number,
    { affine = true, eps = 1e-5 }: Pick<nn.BatchNormOptions, "affine" | "eps"> = {},
  ) {
    super();
    this.#eps = eps;
    this.#references = references;
    if (!affine) return;
    this.weight = scope(() => nn.parameter(torch.empty([features])));
    nn.init.normal_(this.weight, 1, 0.02);
    this.bias = scope(() => nn.parameter(torch.zeros([features])));
  }

  forward(input: Tensor): Tensor {
    return scope(() => {
      const [count = 0, channels = 0] = input.shape;
      // The difference of two moments: bfloat16 would leave nothing of it.
      const precise = input.dtype === "bfloat16" ? input.to({ dtype: "float32" }) : input;
      const map = input.dim === 2 ? precise.view([count, channels, 1, 1]) : precise;
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
      const scale = square.sub(mean.square()).add(this.#eps).rsqrt();
      const { weight, bias } = this;
      const normal = map.sub(mean).mul(weight === undefined ? scale : scale.mul(places(weight)));
      const output = bias === undefined ? normal : normal.add(places(bias));
      return output.view(input.shape).to({ dtype: input.dtype });
    });
  }

  /** `forward(input)` through a LeakyReLU, as batch norms have it. */
  activated(input: Tensor, negativeSlope: number): Tensor {
    return this.forward(input).leakyRelu_(negativeSlope);
  }
}
