import type { Parameter } from "../nn/parameter.js";
import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { RuleOptimizer, type Single, type Updated } from "./optimizer.js";
import { differentiableSqrt } from "./safeSqrt.js";

export interface AdamOptions {
  /** Default 1e-3. */
  learningRate?: number | undefined;
  /** Decay of the first and the second moment. Default [0.9, 0.999]. */
  betas?: readonly [number, number] | undefined;
  /** Added to the root of the second moment. Default 1e-8. */
  eps?: number | undefined;
  /** Adds weightDecay * parameter to the gradient. Default 0. */
  weightDecay?: number | undefined;
}

/** Kingma and Ba, Adam, ICLR 2015, with torch.optim.Adam's rule, in one pass over memory (native/operators/adam.cc). */
export class Adam extends RuleOptimizer {
  protected override readonly names = ["exp_avg", "exp_avg_sq"];
  /** May be changed at any time, as schedules do; so may `weightDecay`. */
  betas: readonly [number, number];
  readonly eps: number;
  weightDecay: number;

  constructor(parameters: readonly Parameter[], options: AdamOptions = {}) {
    super(parameters, options.learningRate ?? 1e-3);
    this.betas = options.betas ?? [0.9, 0.999];
    this.eps = options.eps ?? 1e-8;
    this.weightDecay = options.weightDecay ?? 0;
  }

  /** What corrects the moments for having begun at 0. */
  #corrections(step: number): { size: number; root: number } {
    return {
      size: this.learningRate / (1 - this.betas[0] ** step),
      root: Math.sqrt(1 - this.betas[1] ** step),
    };
  }

  protected override update({ parameters, gradients, indices, steps }: Updated): void {
    const corrections = steps.map((step) => this.#corrections(step));
    torch.adam_(
      parameters,
      gradients,
      this.zeroStateOf("exp_avg", indices),
      this.zeroStateOf("exp_avg_sq", indices),
      corrections.map(({ size }) => size),
      corrections.map(({ root }) => root),
      ...this.betas,
      this.eps,
      this.weightDecay,
    );
  }

  protected override updateOne({ parameter, gradient: given, step, state }: Single): {
    parameter: Tensor;
    state: Record<string, Tensor>;
  } {
    const [beta1, beta2] = this.betas;
    const { size, root } = this.#corrections(step);
    const gradient = this.weightDecay === 0 ? given : given.add(parameter, { alpha: this.weightDecay });
    const zero = () => parameter.detach().zerosLike();
    const first = (state("exp_avg") ?? zero()).mul(beta1).add(gradient, { alpha: 1 - beta1 });
    const second = (state("exp_avg_sq") ?? zero())
      .mul(beta2)
      .addcmul(gradient, gradient, { value: 1 - beta2 });
    const denominator = differentiableSqrt(second).div(root).add(this.eps);
    return {
      parameter: parameter.addcdiv(first, denominator, { value: -size }),
      state: { exp_avg: first, exp_avg_sq: second },
    };
  }
}
