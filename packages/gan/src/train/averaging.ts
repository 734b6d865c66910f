import { nn, noGrad } from "@gantry/torch";
import { ParameterAverage } from "../core/nets/parameterAverage.js";

export interface AveragingOptions {
  /** What each update keeps of the average. */
  readonly decay: number;
  /** First iteration that averages; before it the average follows the weights. */
  readonly start: number;
}

/**
 * An exponential moving average of a network's parameters: average = decay * average + (1 - decay) * weights. Buffers
 * (batch-norm statistics) are the network's own. Source: Yazici et al. 2019; AutoGAN's code averages the same way.
 */
export class WeightAverage extends ParameterAverage {
  readonly #options: AveragingOptions;

  constructor(network: nn.Module, options: AveragingOptions) {
    super(network);
    this.#options = options;
  }

  /** After an iteration, numbered from 0. */
  update(iteration: number): void {
    this.blend(iteration < this.#options.start ? 1 : 1 - this.#options.decay);
  }

  /** Makes the average the weights as they are now. */
  restart(): void {
    noGrad(() => {
      for (const [i, average] of this.averages.entries()) average.copy_(this.parameters[i] as nn.Parameter);
    });
  }

  /** Runs `body` with the averaged weights in the network's place. */
  apply<T>(body: () => T): T {
    return nn.withParameters(this.parameters, this.averages, body);
  }
}
