import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { type ConvolutionOptions, channelsOfGroup, pair, type Size2d } from "./conv2d.js";
import { WeightLayer } from "./weightLayer.js";

export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Rows and columns added on one side of the output. Default 0. */
  outputPadding?: Size2d | undefined;
}

/**
 * The transpose of a convolution, `[N, inChannels, H, W] -> [N, outChannels, H', W']` with
 * H' = (H - 1) stride - 2 padding + kernelSize + outputPadding. Initialised as in PyTorch.
 */
export class ConvTranspose2d extends WeightLayer {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly outputPadding: readonly [number, number];
  readonly groups: number;

  /** @throws {TorchError} channels that cannot be parted into the groups */
  constructor(inChannels: number, outChannels: number, options: TransposedConvolutionOptions) {
    const groups = options.groups ?? 1;
    channelsOfGroup(inChannels, groups);
    const shape = [inChannels, channelsOfGroup(outChannels, groups), ...pair(options.kernelSize)];
    super({ shape, biases: outChannels, rows: 1 }, options);
    this.groups = groups;
    this.stride = pair(options.stride ?? 1);
    this.padding = pair(options.padding ?? 0);
    this.outputPadding = pair(options.outputPadding ?? 0);
  }

  forward(input: Tensor): Tensor {
    const { stride, padding, outputPadding, groups } = this;
    return torch.convTranspose2d(
      input,
      this.effectiveWeight(),
      this.bias,
      stride,
      padding,
      outputPadding,
      groups,
    );
  }
}
