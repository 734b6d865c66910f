import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { WeightLayer, type WeightOptions } from "./weightLayer.js";

/** One number for both directions, or [height, width]. */
export type Size2d = number | readonly [number, number];

export const pair = (size: Size2d): readonly [number, number] =>
  typeof size === "number" ? [size, size] : size;

export interface ConvolutionOptions extends WeightOptions {
  kernelSize: Size2d;
  /** Default 1. */
  stride?: Size2d | undefined;
  /** Zeros on every side. Default 0. */
  padding?: Size2d | undefined;
}

/** A convolution, `[N, inChannels, H, W] -> [N, outChannels, H', W']`. Initialised as in PyTorch. */
export class Conv2d extends WeightLayer {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(inChannels: number, outChannels: number, options: ConvolutionOptions) {
    super({ shape: [outChannels, inChannels, ...pair(options.kernelSize)], biases: outChannels }, options);
    this.stride = pair(options.stride ?? 1);
    this.padding = pair(options.padding ?? 0);
  }

  forward(input: Tensor): Tensor {
    return torch.conv2d(input, this.effectiveWeight(), this.bias, this.stride, this.padding);
  }
}
