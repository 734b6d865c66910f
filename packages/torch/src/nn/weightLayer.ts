import { functions as torch } from "../ops_gen.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { fans, kaimingUniform_, uniform_ } from "./init.js";
import { Layer, type Member } from "./module.js";
import { type Buffer, type Parameter, parameter } from "./parameter.js";
import { singularVectors, spectrallyNormalised } from "./spectralNorm.js";

export interface WeightOptions {
  /** Default true. */
  bias?: boolean | undefined;
  /** Divide the weight by its estimated largest singular value. Default false. */
  spectralNorm?: boolean | undefined;
}

export interface WeightDescription {
  shape: readonly number[];
  /** How many biases, where the layer has them. */
  biases?: number;
  /** Which dimension of the weight is the matrix's rows for spectral norm. Default 0. */
  rows?: 0 | 1;
  /** Default U(+-1/sqrt(fan in)), as in PyTorch. */
  initialise?: (weight: Parameter) => void;
}

/** A parameter of unset values. */
export function emptyParameter(shape: readonly number[]): Parameter {
  return scope(() => parameter(torch.empty(shape)));
}

/** What layers with a weight share: the weight, a bias, and spectral norm. */
export abstract class WeightLayer extends Layer {
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  /** With spectral norm, the estimated first singular vectors; in a state `weight_u`, `weight_v`. */
  readonly weightU: Buffer | undefined;
  readonly weightV: Buffer | undefined;
  readonly #rows: 0 | 1;

  constructor({ shape, biases, rows = 0, initialise }: WeightDescription, options: WeightOptions = {}) {
    super();
    this.#rows = rows;
    this.weight = emptyParameter(shape);
    if (initialise === undefined) kaimingUniform_(this.weight, Math.sqrt(5));
    else initialise(this.weight);
    if (biases !== undefined && (options.bias ?? true)) {
      const bound = 1 / Math.sqrt(fans(this.weight).fanIn);
      this.bias = uniform_(emptyParameter([biases]), -bound, bound);
    }
    if (options.spectralNorm ?? false) {
      const { u, v } = singularVectors(this.weight, rows);
      this.weightU = u;
      this.weightV = v;
    }
  }

  /** `forward(input)` through a LeakyReLU, of which a slope of 0 makes a ReLU; in place, since no gradient needs the output. */
  activated(input: Tensor, negativeSlope: number): Tensor {
    const output = this.forward(input);
    return negativeSlope === 0 ? output.relu_() : output.leakyRelu_(negativeSlope);
  }

  /** The weight to compute with: spectrally normalised if so asked. */
  effectiveWeight(): Tensor {
    if (this.weightU === undefined || this.weightV === undefined) return this.weight;
    const vectors = { u: this.weightU, v: this.weightV };
    return spectrallyNormalised(this.weight, vectors, this.training, this.#rows);
  }

  /** As torch.nn.utils.spectral_norm does, the weight before normalisation is named `weight_orig`. */
  protected override *members(): Iterable<readonly [string, Member]> {
    for (const [name, member] of super.members())
      yield [name === "weight" && this.weightU !== undefined ? "weight_orig" : name, member];
  }
}
