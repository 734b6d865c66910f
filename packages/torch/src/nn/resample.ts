import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { pair, type Size2d } from "./conv2d.js";
import { Layer } from "./module.js";
import { isRewritten } from "./rewrites.js";

export interface UpsampleOptions {
  /** `nearest` repeats pixels; `bilinear` interpolates, without aligning corners. Default nearest. */
  mode?: "nearest" | "bilinear" | undefined;
  /** Default 2. */
  scale?: number | undefined;
}

/** Means of 2x2 samples, `[N, C, H, W] -> [N, C, H/2, W/2]`, by a kernel of Gantry's own (rewrite `resampling`). */
export const halved = (images: Tensor): Tensor =>
  isRewritten("resampling") ? torch.halve(images) : images.avgPool2d(2);

/** `[N, C, H, W] -> [N, C, scale H, scale W]`; to twice the size there are kernels of Gantry's own (rewrite `resampling`). */
export class Upsample extends Layer {
  readonly mode: "nearest" | "bilinear";
  readonly scale: number;

  constructor(options: UpsampleOptions = {}) {
    super();
    this.mode = options.mode ?? "nearest";
    this.scale = options.scale ?? 2;
  }

  forward(input: Tensor): Tensor {
    const { scale } = this;
    if (scale === 2 && isRewritten("resampling")) return torch.twice(input, this.mode === "bilinear");
    const size = [Math.floor(input.size(2) * scale), Math.floor(input.size(3) * scale)];
    if (this.mode === "nearest") return input.upsampleNearest2d(size, scale, scale);
    return input.upsampleBilinear2d(size, false, scale, scale);
  }
}

export interface PoolOptions {
  /** Default the kernel size. */
  stride?: Size2d | undefined;
  /** Default 0. */
  padding?: Size2d | undefined;
}

/** Means of windows; zeros of the padding count. */
export class AvgPool2d extends Layer {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(kernelSize: Size2d, options: PoolOptions = {}) {
    super();
    this.kernelSize = pair(kernelSize);
    this.stride = pair(options.stride ?? kernelSize);
    this.padding = pair(options.padding ?? 0);
  }

  forward(input: Tensor): Tensor {
    const by = (pair: readonly number[], value: number) => pair.every((each) => each === value);
    if (by(this.kernelSize, 2) && by(this.stride, 2) && by(this.padding, 0)) return halved(input);
    return input.avgPool2d(this.kernelSize, this.stride, this.padding);
  }
}

/** Largest elements of windows. */
export class MaxPool2d extends Layer {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(kernelSize: Size2d, options: PoolOptions = {}) {
    super();
    this.kernelSize = pair(kernelSize);
    this.stride = pair(options.stride ?? kernelSize);
    this.padding = pair(options.padding ?? 0);
  }

  forward(input: Tensor): Tensor {
    return input.maxPool2d(this.kernelSize, this.stride, this.padding);
  }
}
