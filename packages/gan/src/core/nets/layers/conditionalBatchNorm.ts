import { nn, scope, type Tensor } from "@gantry/torch";
import { BATCH, type NormMakers, type PlainNorm } from "./generatorNorm.js";

/**
 * Batch norm whose scale and shift belong to the sample's class: N,C,H,W and int64 N to N,C,H,W. Scales start at
 * N(1, 0.02), shifts at 0, as in kwotsin/mimicry; a row of the embedding is a class's scales, then its shifts.
 * Source: Dumoulin et al. 2017; de Vries et al. 2017.
 */
export class ConditionalBatchNorm2d extends nn.Module {
  readonly norm: PlainNorm;
  readonly #features: number;
  readonly embedding: nn.Embedding;

  /** @param makers of its norm; default batch norm */
  constructor(features: number, classes: number, makers: NormMakers = BATCH) {
    super();
    this.#features = features;
    this.norm = makers.map(features, { affine: false });
    this.embedding = new nn.Embedding(classes, 2 * features);
    nn.init.zeros_(this.embedding.weight);
    scope(() => nn.init.normal_(this.embedding.weight.detach().narrow(1, 0, features), 1, 0.02));
  }

  forward(input: Tensor, label: Tensor): Tensor {
    const [scale, shift] = this.embedding
      .forward(label)
      .view([-1, 2 * this.#features, 1, 1])
      .chunk(2, 1) as [Tensor, Tensor];
    return this.norm.forward(input).mul(scale).add(shift);
  }
}
