import type { Parameter } from "../nn/parameter.js";
import { functions as torch } from "../ops_gen.js";
import type { Tensor } from "../tensor.js";
import { RuleOptimizer, type Single, type Updated } from "./optimizer.js";

export interface SgdOptions {
  /** Default 1e-3. */
  learningRate?: number | undefined;
  /** Default 0. */
  momentum?: number | undefined;
  /** The share of a gradient kept from the momentum, except the first. Default 0. */
  dampening?: number | undefined;
  /** Look ahead by the momentum. Default false. */
  nesterov?: boolean | undefined;
  /** Adds weightDecay * parameter to the gradient. Default 0. */
  weightDecay?: number | undefined;
}

/** Stochastic gradient descent, with torch.optim.SGD's rule. */
export class SGD extends RuleOptimizer {
  protected override readonly names = ["momentum_buffer"];
  /** May be changed at any time, as schedules do; so may `weightDecay`. */
  momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  weightDecay: number;

  constructor(parameters: readonly Parameter[], options: SgdOptions = {}) {
    super(parameters, options.learningRate ?? 1e-3);
    this.momentum = options.momentum ?? 0;
    this.dampening = options.dampening ?? 0;
    this.nesterov = options.nesterov ?? false;
    this.weightDecay = options.weightDecay ?? 0;
  }

  protected override update({ parameters, gradients: given, indices, steps }: Updated): void {
    const { weightDecay, momentum, dampening } = this;
    let directions = weightDecay === 0 ? given : torch.foreachAdd(given, parameters, { alpha: weightDecay });
    if (momentum !== 0) {
      const velocities = this.zeroStateOf("momentum_buffer", indices);
      // The first gradient is taken whole: an undampened sum with zero.
      const first = indices.map((_, i) => i).filter((i) => steps[i] === 1);
      const later = indices.map((_, i) => i).filter((i) => steps[i] !== 1);
      const of = (list: readonly Tensor[], places: number[]) => places.map((i) => list[i] as Tensor);
      if (first.length > 0) torch.foreachAdd_(of(velocities, first), of(directions, first));
      if (later.length > 0) {
        torch.foreachMulScalar_(of(velocities, later), momentum);
        torch.foreachAdd_(of(velocities, later), of(directions, later), { alpha: 1 - dampening });
      }
      directions = this.nesterov ? torch.foreachAdd(directions, velocities, { alpha: momentum }) : velocities;
    }
    torch.foreachAdd_(parameters, directions, { alpha: -this.learningRate });
  }

  protected override updateOne({ parameter, gradient, state }: Single): {
    parameter: Tensor;
    state: Record<string, Tensor>;
  } {
    const { weightDecay, momentum, dampening } = this;
    const decayed = weightDecay === 0 ? gradient : gradient.add(parameter, { alpha: weightDecay });
    if (momentum === 0)
      return { parameter: parameter.add(decayed, { alpha: -this.learningRate }), state: {} };
    const before = state("momentum_buffer");
    const velocity =
      before === undefined ? decayed : before.mul(momentum).add(decayed, { alpha: 1 - dampening });
    const direction = this.nesterov ? decayed.add(velocity, { alpha: momentum }) : velocity;
    return {
      parameter: parameter.add(direction, { alpha: -this.learningRate }),
      state: { momentum_buffer: velocity },
    };
  }
}
