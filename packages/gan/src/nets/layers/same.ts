// Convolutions with TensorFlow's padding SAME, which pads (or crops) one more at the end than at the start where the
// total is odd; PyTorch's padding cannot say that.
import { nn, type Tensor } from "@gantry/torch";

/** Padding along one dimension such that the output has ceil(size / stride) places. Source: tf.nn, "same padding". */
export function samePadding(size: number, kernel: number, stride: number): { before: number; after: number } {
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + kernel - size, 0);
  const before = Math.floor(total / 2);
  return { before, after: total - before };
}

/** A convolution padded as TensorFlow's SAME: N,inputs,H,W to N,outputs,ceil(H / stride),ceil(W / stride). */
export class SameConv2d extends nn.Conv2d {
  readonly #kernel: number;
  readonly #stride: number;

  constructor(inputs: number, outputs: number, options: { kernelSize: number; stride: number }) {
    super(inputs, outputs, options);
    this.#kernel = options.kernelSize;
    this.#stride = options.stride;
  }

  override forward(input: Tensor): Tensor {
    const [top, left] = [input.size(2), input.size(3)].map((size) =>
      samePadding(size, this.#kernel, this.#stride),
    ) as [{ before: number; after: number }, { before: number; after: number }];
    return super.forward(input.constantPadNd([left.before, left.after, top.before, top.after]));
  }
}

/**
 * The transpose of SameConv2d, tf.nn.conv2d_transpose with padding SAME: N,inputs,ceil(size / stride) squared to
 * N,outputs,size,size.
 */
export class SameConvTranspose2d extends nn.ConvTranspose2d {
  readonly #size: number;

  /** @param options.size side of the output */
  constructor(
    inputs: number,
    outputs: number,
    options: { kernelSize: number; stride: number; size: number },
  ) {
    const { kernelSize, stride, size } = options;
    super(inputs, outputs, { kernelSize, stride, padding: samePadding(size, kernelSize, stride).before });
    this.#size = size;
  }

  /** PyTorch's crops `before` on both sides; what SAME crops beyond that at the end is cut off here. */
  override forward(input: Tensor): Tensor {
    return super.forward(input).narrow(2, 0, this.#size).narrow(3, 0, this.#size);
  }
}
