import { nn, scope, type Tensor } from "@gantry/torch";
import { xavierConv2d } from "./xavier.js";

/** How a residual block of D or E is normalised: spectral norm on its convolutions, batch norm before its ReLUs. */
export type BlockNorm = "spectral" | "batch" | "none";

/** What a block's shortcut reads: its input, or as in kwotsin/mimicry (whose ReLU is in place) the input's ReLU. */
export type ShortcutActivation = "preactivated" | "public";

export interface DBlockOptions {
  /** Halve the size. Default false. */
  downsample?: boolean;
  /** Default spectral. */
  norm?: BlockNorm;
  /** Default preactivated. */
  shortcutActivation?: ShortcutActivation;
  /** Width between the convolutions. Default `inputs`. */
  hidden?: number;
}

const batchNorm = (width: number, norm: BlockNorm) =>
  norm === "batch" ? new nn.BatchNorm2d(width) : undefined;

/**
 * A discriminator's residual block: ReLU-conv3-ReLU-conv3-(average pool), and conv1-(average pool) as the shortcut,
 * which is the identity where neither width nor size changes. N,inputs,H,W to N,outputs,H,W or halved. The shortcut
 * pools first here: the result is the same, at a quarter of the work.
 * Source: Miyato et al. 2018, figure 8; the hidden width and the initialisation as in kwotsin/mimicry.
 */
export class DBlock extends nn.Layer {
  readonly norm1: nn.BatchNorm2d | undefined;
  readonly conv1: nn.Conv2d;
  readonly norm2: nn.BatchNorm2d | undefined;
  readonly conv2: nn.Conv2d;
  readonly shortcut: nn.Conv2d | undefined;
  readonly #downsample: boolean;
  readonly #public: boolean;

  constructor(inputs: number, outputs: number, options: DBlockOptions = {}) {
    super();
    const { downsample = false, norm = "spectral", shortcutActivation = "preactivated" } = options;
    const { hidden = inputs } = options;
    const spectralNorm = norm === "spectral";
    this.#downsample = downsample;
    this.#public = shortcutActivation === "public";
    this.norm1 = batchNorm(inputs, norm);
    this.conv1 = xavierConv2d(inputs, hidden, { kernelSize: 3, gain: Math.SQRT2, spectralNorm });
    this.norm2 = batchNorm(hidden, norm);
    this.conv2 = xavierConv2d(hidden, outputs, { kernelSize: 3, gain: Math.SQRT2, spectralNorm });
    if (inputs !== outputs || downsample)
      this.shortcut = xavierConv2d(inputs, outputs, { kernelSize: 1, spectralNorm });
  }

  forward(input: Tensor): Tensor {
    return scope(() => this.#output(input));
  }

  #output(input: Tensor): Tensor {
    const active = this.norm1?.activated(input, 0) ?? input.relu();
    const first = this.conv1.forward(active);
    const second = this.norm2?.activated(first, 0) ?? first.relu_();
    const source = this.#public ? active : input;
    if (!this.#downsample) return this.conv2.forward(second).add_(this.shortcut?.forward(source) ?? source);
    const pooled = nn.halved(source);
    return nn.pooledConvolution(this.conv2, second).add_(this.shortcut?.forward(pooled) ?? pooled);
  }
}
