import type { Parameter } from "../nn/parameter.js";
import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { RuleOptimizer, type Single, type Updated } from "./optimizer.js";
import { differentiableSqrt } from "./safeSqrt.js";

export interface RmsPropOptions {
  /** Default 1e-2. */
  learningRate?: number | undefined;
  /** Decay of the second moment. Default 0.99. */
  alpha?: number | undefined;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number | undefined;
  /** Default 0. */
  momentum?: number | undefined;
  /** Divide by the standard deviation: the second moment about the mean. Default false. */
  centered?: boolean | undefined;
  /** Adds weightDecay * parameter to the gradient. Default 0. */
  weightDecay?: number | undefined;
}

/** Tieleman and Hinton, RMSProp, 2012, with torch.optim.RMSprop's rule. */
export class RMSProp extends RuleOptimizer {
  protected override readonly names = ["square_avg", "grad_avg", "momentum_buffer"];
  /** May be changed at any time, as schedules do; so may `momentum` and `weightDecay`. */
  alpha: number;
  readonly eps: number;
  momentum: number;
  readonly centered: boolean;
  weightDecay: number;

  constructor(parameters: readonly Parameter[], options: RmsPropOptions = {}) {
    super(parameters, options.learningRate ?? 1e-2);
    this.alpha = options.alpha ?? 0.99;
    this.eps = options.eps ?? 1e-8;
    this.momentum = options.momentum ?? 0;
    this.centered = options.centered ?? false;
    this.weightDecay = options.weightDecay ?? 0;
  }

  protected override update({ parameters, gradients: given, indices }: Updated): void {
    const { alpha, momentum, weightDecay } = this;
    const gradients = weightDecay === 0 ? given : torch.foreachAdd(given, parameters, { alpha: weightDecay });
    const squares = this.zeroStateOf("square_avg", indices);
    torch.foreachMulScalar_(squares, alpha);
    torch.foreachAddcmul_(squares, gradients, gradients, 1 - alpha);
    let variances: readonly Tensor[] = squares;
    if (this.centered) {
      const means = this.zeroStateOf("grad_avg", indices);
      torch.foreachMulScalar_(means, alpha);
      torch.foreachAdd_(means, gradients, { alpha: 1 - alpha });
      variances = squares.map((square) => square.clone());
      torch.foreachAddcmul_(variances, means, means, -1);
    }
    const denominators = torch.foreachSqrt(variances);
    torch.foreachAddScalar_(denominators, this.eps);
    if (momentum === 0) {
      torch.foreachAddcdiv_(parameters, gradients, denominators, -this.learningRate);
      return;
    }
    const velocities = this.zeroStateOf("momentum_buffer", indices);
    torch.foreachMulScalar_(velocities, momentum);
    torch.foreachAddcdiv_(velocities, gradients, denominators);
    torch.foreachAdd_(parameters, velocities, { alpha: -this.learningRate });
  }

  protected override updateOne({ parameter, gradient: given, state }: Single): {
    parameter: Tensor;
    state: Record<string, Tensor>;
  } {
    const { alpha, momentum, weightDecay } = this;
    const gradient = weightDecay === 0 ? given : given.add(parameter, { alpha: weightDecay });
    const zero = () => parameter.detach().zerosLike();
    const square = (state("square_avg") ?? zero())
      .mul(alpha)
      .addcmul(gradient, gradient, { value: 1 - alpha });
    const next: Record<string, Tensor> = { square_avg: square };
    let variance = square;
    if (this.centered) {
      const mean = (state("grad_avg") ?? zero()).mul(alpha).add(gradient, { alpha: 1 - alpha });
      next.grad_avg = mean;
      variance = square.addcmul(mean, mean, { value: -1 });
    }
    const denominator = differentiableSqrt(variance).add(this.eps);
    if (momentum === 0)
      return {
        parameter: parameter.addcdiv(gradient, denominator, { value: -this.learningRate }),
        state: next,
      };
    const velocity = (state("momentum_buffer") ?? zero()).mul(momentum).addcdiv(gradient, denominator);
    next.momentum_buffer = velocity;
    return { parameter: parameter.add(velocity, { alpha: -this.learningRate }), state: next };
  }
}
