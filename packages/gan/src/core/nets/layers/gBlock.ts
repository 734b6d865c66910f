import { nn, scope, type Tensor } from "@gantry/torch";
import { BATCH, type PlainNorm } from "./generatorNorm.js";
import { xavierConv2d } from "./xavier.js";

/** A norm whose scale and shift follow a condition: int64 labels N, or vectors N,F. */
export interface ConditionalNorm extends nn.Module {
  forward(input: Tensor, condition: Tensor): Tensor;
}

export interface GBlockOptions {
  /** Default nearest. */
  upsampling?: "nearest" | "bilinear" | undefined;
  /** Makes both norms, of so many features. Default plain batch norm. */
  norm?: ((features: number) => PlainNorm | ConditionalNorm) | undefined;
  /** Of its convolutions. Default false. */
  spectralNorm?: boolean;
}

/**
 * A generator's residual block, which doubles the size: BN-ReLU-up-conv3-BN-ReLU-conv3, and up-conv1 as the shortcut.
 * N,inputs,H,W to N,outputs,2H,2W. The shortcut's convolution comes before its upsampling here: the result is the same
 * for both upsamplings, since both are averages, at a quarter of the work.
 * Source: Miyato et al. 2018, figure 8; the hidden width and the initialisation as in kwotsin/mimicry.
 */
export class GBlock extends nn.Module {
  readonly norm1: PlainNorm | ConditionalNorm;
  readonly conv1: nn.Conv2d;
  readonly norm2: PlainNorm | ConditionalNorm;
  readonly conv2: nn.Conv2d;
  readonly shortcut: nn.Conv2d;
  readonly #upsample: nn.Upsample;

  constructor(inputs: number, outputs: number, options: GBlockOptions = {}) {
    super();
    const { upsampling, spectralNorm, norm = BATCH.map } = options;
    this.norm1 = norm(inputs);
    this.conv1 = xavierConv2d(inputs, outputs, { kernelSize: 3, gain: Math.SQRT2, spectralNorm });
    this.norm2 = norm(outputs);
    this.conv2 = xavierConv2d(outputs, outputs, { kernelSize: 3, gain: Math.SQRT2, spectralNorm });
    this.shortcut = xavierConv2d(inputs, outputs, { kernelSize: 1, spectralNorm });
    this.#upsample = new nn.Upsample({ mode: upsampling });
  }

  /** @param condition what its norms follow, where they follow anything */
  forward(input: Tensor, condition?: Tensor): Tensor {
    return scope(() => this.#output(input, condition));
  }

  /** What the graph does not need of the large maps is freed before the next is made. */
  #output(input: Tensor, condition?: Tensor): Tensor {
    const first = scope(() =>
      nn.upsampledConvolution(this.#upsample, this.conv1, normalise(this.norm1, input, condition)),
    );
    const hidden = scope(() => normalise(this.norm2, first, condition));
    first.dispose();
    const second = this.conv2.forward(hidden);
    hidden.dispose();
    return second.add_(scope(() => this.#upsample.forward(this.shortcut.forward(input))));
  }
}

/** And through a ReLU. */
function normalise(norm: PlainNorm | ConditionalNorm, input: Tensor, condition: Tensor | undefined): Tensor {
  if ("activated" in norm) return norm.activated(input, 0);
  if (condition === undefined) throw new Error("a conditional generator needs the labels of what it makes");
  return norm.forward(input, condition).relu_();
}
