// Convolutions with TensorFlow's padding SAME, which pads (or crops) one more at the end than at the start where the
// total is odd; PyTorch's layers cannot say that.
import { nn, type Tensor, torch } from "@gantry/torch";

/** Padding along one dimension such that the output has ceil(size / stride) places. Source: tf.nn, "same padding". */
export function samePadding(size: number, kernel: number, stride: number): { before: number; after: number } {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
}

/** For both axes as convolutions take it: top, left, bottom, right. */
function paddings(height: number, width: number, kernel: number, stride: number): number[] {
  const [y, x] = [samePadding(height, kernel, stride), samePadding(width, kernel, stride)];
  return [y.before, x.before, y.after, x.after];
}

/**
 * A bias that a batch norm takes away again. Its gradient is 0; computed, it is what rounding leaves, which differs with how rows
 * are shared among processes, and Adam divides it by its own size.
 */
const unmoved = (bias: Tensor): Tensor => bias.detach().add(bias.mul(0));

/** A convolution padded as TensorFlow's SAME: N,inputs,H,W to N,outputs,ceil(H / stride),ceil(W / stride). */
export class SameConv2d extends nn.Conv2d {
  readonly #kernel: number;
  readonly #stride: number;
  readonly #isNormalised: boolean;

  /** @param options.isNormalised whether a batch norm follows; default false */
  constructor(
    inputs: number,
    outputs: number,
    options: { kernelSize: number; stride: number; isNormalised?: boolean },
  ) {
    super(inputs, outputs, options);
    this.#kernel = options.kernelSize;
    this.#stride = options.stride;
    this.#isNormalised = options.isNormalised ?? false;
  }

  override forward(input: Tensor): Tensor {
    const padding = paddings(input.size(2), input.size(3), this.#kernel, this.#stride);
    const { bias } = this;
    const own = bias !== undefined && this.#isNormalised && this.training ? unmoved(bias) : bias;
    return torch.conv2d(input, this.effectiveWeight(), own, this.stride, padding);
  }
}

/**
 * The transpose of SameConv2d, tf.nn.conv2d_transpose with padding SAME: N,inputs,ceil(size / stride) squared to
 * N,outputs,size,size.
 */
export class SameConvTranspose2d extends nn.ConvTranspose2d {
  readonly #crop: readonly number[];

  /** @param options.size side of the output */
  constructor(
    inputs: number,
    outputs: number,
    options: { kernelSize: number; stride: number; size: number },
  ) {
    const { kernelSize, stride, size } = options;
    super(inputs, outputs, { kernelSize, stride });
    this.#crop = paddings(size, size, kernelSize, stride);
  }

  override forward(input: Tensor): Tensor {
    return torch.convTranspose2d(input, this.effectiveWeight(), this.bias, this.stride, this.#crop);
  }
}
