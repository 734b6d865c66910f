import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";

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
export class WeightAverage {
  readonly #parameters: readonly nn.Parameter[];
  readonly #names: readonly string[];
  readonly #average: readonly Tensor[];
  readonly #options: AveragingOptions;

  constructor(network: nn.Module, options: AveragingOptions) {
    const named = network.namedParameters();
    this.#names = named.map(([name]) => name);
    this.#parameters = named.map(([, parameter]) => parameter);
    this.#options = options;
    this.#average = scope(() => this.#parameters.map((parameter) => nn.buffer(parameter.detach().clone())));
  }

  /** After an iteration, numbered from 0. */
  update(iteration: number): void {
    const weight = iteration < this.#options.start ? 1 : 1 - this.#options.decay;
    noGrad(() =>
      scope(() => {
        torch.foreachMulScalar_(this.#average, 1 - weight);
        torch.foreachAdd_(this.#average, this.#parameters, { alpha: weight });
      }),
    );
  }

  /** Makes the average the weights as they are now. */
  restart(): void {
    noGrad(() => {
      for (const [i, average] of this.#average.entries()) average.copy_(this.#parameters[i] as nn.Parameter);
    });
  }

  /** Runs `body` with the averaged weights in the network's place. */
  apply<T>(body: () => T): T {
    return nn.withParameters(this.#parameters, this.#average, body);
  }

  /** The averages by parameter name; live tensors. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#names.map((name, i) => [name, this.#average[i] as Tensor]));
  }

  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    noGrad(() => {
      for (const [name, average] of this.stateDict()) average.copy_(state.get(name) as Tensor);
    });
  }

  dispose(): void {
    for (const tensor of this.#average) tensor.dispose();
  }
}
