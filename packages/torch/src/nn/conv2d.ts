import { TorchError } from "../errors.js";
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
  /** Each group of outputs sees a group of inputs alone; both numbers of channels are multiples of it. Default 1. */
  groups?: number | undefined;
}

/**
 * The channels of one of `groups`.
 * @throws {TorchError} where they cannot be parted so
 */
export function channelsOfGroup(channels: number, groups: number): number {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw new TorchError(`${channels} channels cannot be parted into ${groups} groups`);
  return channels / groups;
}

/** A convolution, `[N, inChannels, H, W] -> [N, outChannels, H', W']`. Initialised as in PyTorch. */
export class Conv2d extends WeightLayer {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly groups: number;

  /** @throws {TorchError} channels that cannot be parted into the groups */
  constructor(inChannels: number, outChannels: number, options: ConvolutionOptions) {
    const groups = options.groups ?? 1;
    channelsOfGroup(outChannels, groups);
    const shape = [outChannels, channelsOfGroup(inChannels, groups), ...pair(options.kernelSize)];
    super({ shape, biases: outChannels }, options);
    this.groups = groups;
    this.stride = pair(options.stride ?? 1);
    this.padding = pair(options.padding ?? 0);
  }

  forward(input: Tensor): Tensor {
    return torch.conv2d(input, this.effectiveWeight(), this.bias, this.stride, this.padding, this.groups);
  }
}
