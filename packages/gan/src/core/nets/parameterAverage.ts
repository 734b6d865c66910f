import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";

/** An average of a network's parameters, begun at what they are; how much of each of them goes in is for the user to say. */
export class ParameterAverage {
  readonly parameters: readonly nn.Parameter[];
  /** As the parameters; live tensors. */
  readonly averages: readonly Tensor[];
  readonly #names: readonly string[];

  constructor(network: nn.Module) {
    const named = network.namedParameters();
    this.#names = named.map(([name]) => name);
    this.parameters = named.map(([, parameter]) => parameter);
    this.averages = scope(() => this.parameters.map((parameter) => nn.buffer(parameter.detach().clone())));
  }

  /** average = (1 - share) * average + share * parameters */
  blend(share: number): void {
    noGrad(() =>
      scope(() => {
        torch.foreachMulScalar_(this.averages, 1 - share);
        torch.foreachAdd_(this.averages, this.parameters, { alpha: share });
      }),
    );
  }

  /** The averages by parameter name; live tensors. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.#names.map((name, i) => [name, this.averages[i] as Tensor]));
  }

  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    noGrad(() => {
      for (const [name, average] of this.stateDict()) average.copy_(state.get(name) as Tensor);
    });
  }

  dispose(): void {
    for (const tensor of this.averages) tensor.dispose();
  }
}
