import { nn, type Tensor } from "@gantry/torch";
import { BATCH, type NormMakers, type PlainNorm } from "./generatorNorm.js";

/**
 * Batch norm whose scale and shift are linear in a vector of the sample: N,C,H,W and N,F to N,C,H,W, the scale 1 + W_g v,
 * the shift W_b v, both with spectral norm and without bias.
 * Source: Brock et al. 2019 (BigGAN), appendix B; ajbrock/BigGAN-PyTorch, layers.ccbn.
 */
export class ProjectedBatchNorm2d extends nn.Module {
  readonly norm: PlainNorm;
  readonly #features: number;
  readonly scale: nn.Linear;
  readonly shift: nn.Linear;

  /**
   * @param size F
   * @param makers of its norm; default batch norm
   */
  constructor(features: number, size: number, makers: NormMakers = BATCH) {
    super();
    this.#features = features;
    this.norm = makers.map(features, { affine: false });
    this.scale = new nn.Linear(size, features, { bias: false, spectralNorm: true });
    this.shift = new nn.Linear(size, features, { bias: false, spectralNorm: true });
  }

  forward(input: Tensor, vector: Tensor): Tensor {
    const places = (values: Tensor) => values.view([-1, this.#features, 1, 1]);
    const scale = places(this.scale.forward(vector).add(1));
    return this.norm
      .forward(input)
      .mul(scale)
      .add(places(this.shift.forward(vector)));
  }
}
