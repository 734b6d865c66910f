import * as distributed from "../distributed.js";
import { TorchError } from "../errors.js";
import { functions as torch } from "../ops_gen.js";
import { scope } from "../scope.js";
import type { Tensor } from "../tensor.js";
import { currentBatchGroups, currentBatchStatistics } from "./batchStatistics.js";
import { constant_, zeros_ } from "./init.js";
import { Layer, type Member } from "./module.js";
import { type Buffer, buffer, type Parameter } from "./parameter.js";
import { isRewritten } from "./rewrites.js";
import { syncBatchNorm } from "./syncBatchNorm.js";
import { emptyParameter } from "./weightLayer.js";

export interface BatchNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** The share of the new batch in the running statistics. Default 0.1. */
  momentum?: number | undefined;
  /** Learn a scale and a shift. Default true. */
  affine?: boolean | undefined;
}

interface Statistics {
  readonly runningMean: Buffer;
  readonly runningVar: Buffer;
  readonly numBatchesTracked: Buffer;
}

/** The names in a state, each followed by `.<name>` in a set other than the default. */
const KEYS = [
  ["running_mean", "runningMean"],
  ["running_var", "runningVar"],
  ["num_batches_tracked", "numBatchesTracked"],
] as const;

/** Mean 0 and variance 1, in the type and on the device of `like` if given. */
function freshStatistics(features: number, like?: Tensor): Statistics {
  return scope(() => {
    const options = like === undefined ? {} : { dtype: like.dtype, device: like.device };
    const place = like === undefined ? {} : { device: like.device };
    return {
      runningMean: buffer(torch.zeros([features], options)),
      runningVar: buffer(torch.ones([features], options)),
      numBatchesTracked: buffer(torch.zeros([], { dtype: "int64", ...place })),
    };
  });
}

/** Ioffe and Szegedy 2015, over every dimension but the second. */
export abstract class BatchNorm extends Layer {
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly runningMean: Buffer;
  readonly runningVar: Buffer;
  readonly numBatchesTracked: Buffer;
  readonly features: number;
  readonly eps: number;
  readonly momentum: number;
  readonly #named = new Map<string, Statistics>();

  constructor(features: number, options: BatchNormOptions = {}) {
    super();
    this.features = features;
    this.eps = options.eps ?? 1e-5;
    this.momentum = options.momentum ?? 0.1;
    if (options.affine ?? true) {
      this.weight = constant_(emptyParameter([features]), 1);
      this.bias = zeros_(emptyParameter([features]));
    }
    const { runningMean, runningVar, numBatchesTracked } = freshStatistics(features);
    this.runningMean = runningMean;
    this.runningVar = runningVar;
    this.numBatchesTracked = numBatchesTracked;
  }

  protected abstract checkDimensions(input: Tensor): void;

  /** The running statistics called `name`, made if there are none; see batchStatistics(). */
  statistics(name: string): Statistics {
    if (name === "default") return this;
    let found = this.#named.get(name);
    if (found === undefined) {
      found = freshStatistics(this.features, this.runningMean);
      this.#named.set(name, found);
    }
    return found;
  }

  protected override *members(): Iterable<readonly [string, Member]> {
    yield* super.members();
    for (const [name, statistics] of this.#named)
      for (const [key, property] of KEYS) yield [`${key}.${name}`, statistics[property]];
  }

  protected override prepareLoad(keys: readonly string[]): void {
    for (const key of keys) {
      const base = KEYS.find(([name]) => key.startsWith(`${name}.`))?.[0];
      if (base !== undefined) this.statistics(key.slice(base.length + 1));
    }
  }

  /** @throws TorchError for a wrong number of dimensions, and in training for one value a channel */
  forward(input: Tensor): Tensor {
    return this.activated(input, 1);
  }

  /**
   * `forward(input)` through a LeakyReLU, of which a slope of 0 makes a ReLU and a slope of 1 nothing: in training both in
   * the same passes over memory (rewrite `activated-batch-norm`), equal but for rounding, as are the gradients.
   */
  activated(input: Tensor, negativeSlope: number): Tensor {
    this.checkDimensions(input);
    const groups = this.training ? currentBatchGroups() : 1;
    const refuse = (what: string) => new TorchError(what, this.constructor.name, `${input}`);
    if (input.size(0) % groups !== 0) throw refuse(`cannot part its batch into ${groups} of one size`);
    const isShared = this.training && distributed.current().batchNorm;
    const rows = input.numel * (isShared ? distributed.size() : 1);
    if (this.training && rows <= groups * input.size(1))
      throw refuse("needs more than one value a channel in training");
    const { weight, bias, training, momentum, eps } = this;
    const { runningMean, runningVar, numBatchesTracked } = this.statistics(currentBatchStatistics());
    if (training) numBatchesTracked.add_(groups);
    if (isShared) {
      const norm = { weight, bias, runningMean, runningVar, momentum, eps };
      const output = syncBatchNorm(input, groups, norm);
      return negativeSlope === 1 ? output : output.leakyRelu(negativeSlope);
    }
    const common = [weight, bias, runningMean, runningVar, training, momentum, eps] as const;
    if (isRewritten("activated-batch-norm"))
      return torch.activatedBatchNorm(input, ...common, negativeSlope, groups);
    const parts = groups === 1 ? [input] : input.chunk(groups, 0);
    const outputs = parts.map((part) => torch.batchNorm(part, ...common, true));
    const output = groups === 1 ? (outputs[0] as Tensor) : torch.cat(outputs, 0);
    return negativeSlope === 1 ? output : output.leakyRelu(negativeSlope);
  }
}

/** Batch norm of `[N, C]` or `[N, C, L]`, with PyTorch's running statistics (the variance unbiased). */
export class BatchNorm1d extends BatchNorm {
  protected override checkDimensions(input: Tensor): void {
    if (input.dim !== 2 && input.dim !== 3)
      throw new TorchError("expects [N, C] or [N, C, L]", "BatchNorm1d", `${input}`);
  }
}

/** Batch norm of `[N, C, H, W]`, with PyTorch's running statistics (the variance unbiased). */
export class BatchNorm2d extends BatchNorm {
  protected override checkDimensions(input: Tensor): void {
    if (input.dim !== 4) throw new TorchError("expects [N, C, H, W]", "BatchNorm2d", `${input}`);
  }
}
