import { nn, scope, type Tensor } from "@gantry/torch";
import type { BlockNorm } from "./dBlock.js";
import { xavierConv2d } from "./xavier.js";

/**
 * A discriminator's first residual block, on pixels and so without a first ReLU: conv3-ReLU-conv3-average pool, and
 * average pool-conv1 as the shortcut. N,inputs,H,W to N,outputs,H/2,W/2.
 * Source: pfnet-research/sngan_projection, OptimizedBlock; the initialisation as in kwotsin/mimicry.
 */
export class OptimizedDBlock extends nn.Layer {
  readonly conv1: nn.Conv2d;
  readonly norm: nn.BatchNorm2d | undefined;
  readonly conv2: nn.Conv2d;
  readonly shortcut: nn.Conv2d;

  /** @param norm default spectral */
  constructor(inputs: number, outputs: number, norm: BlockNorm = "spectral") {
    super();
    const spectralNorm = norm === "spectral";
    this.conv1 = xavierConv2d(inputs, outputs, { kernelSize: 3, gain: Math.SQRT2, spectralNorm });
    this.norm = norm === "batch" ? new nn.BatchNorm2d(outputs) : undefined;
    this.conv2 = xavierConv2d(outputs, outputs, { kernelSize: 3, gain: Math.SQRT2, spectralNorm });
    this.shortcut = xavierConv2d(inputs, outputs, { kernelSize: 1, spectralNorm });
  }

  forward(input: Tensor): Tensor {
    return scope(() => this.#output(input));
  }

  #output(input: Tensor): Tensor {
    const first = this.conv1.forward(input);
    const hidden = this.norm?.activated(first, 0) ?? first.relu_();
    return nn.pooledConvolution(this.conv2, hidden).add_(this.shortcut.forward(nn.halved(input)));
  }
}
