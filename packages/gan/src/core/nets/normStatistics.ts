import { nn } from "@gantry/torch";

/** The statistics that one batch norm of a network normalises by in evaluation. */
export interface NormStatistics {
  readonly norm: nn.BatchNorm;
  /** By their names in the network's state; live. */
  readonly mean: readonly [name: string, buffer: nn.Buffer];
  /** Likewise; unbiased. */
  readonly variance: readonly [name: string, buffer: nn.Buffer];
}

/**
 * The running statistics of every batch norm of a network, in its order: those that it uses by itself, not sets under a name
 * (nn.batchStatistics), which only terms use.
 */
export function normStatistics(network: nn.Module): NormStatistics[] {
  return network.namedModules().flatMap(([name, norm]): NormStatistics[] => {
    if (!(norm instanceof nn.BatchNorm)) return [];
    const prefix = name === "" ? "" : `${name}.`;
    return [
      {
        norm,
        mean: [`${prefix}running_mean`, norm.runningMean],
        variance: [`${prefix}running_var`, norm.runningVar],
      },
    ];
  });
}
