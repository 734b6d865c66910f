import { nn, noGrad } from "@gantry/torch";
import { ParameterAverage } from "../core/nets/parameterAverage.js";

/**
 * An exponential moving average of a network's parameters: average = decay * average + (1 - decay) * weights. With decay 0 it
 * follows the weights. Buffers
 * (batch-norm statistics) are the network's own. Source: Yazici et al. 2019; AutoGAN's code averages the same way.
 */
export class WeightAverage extends ParameterAverage {
  /**
   * After an iteration.
   * @param decay what it keeps of the average
   */
  update(decay: number): void {
    this.blend(1 - decay);
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
