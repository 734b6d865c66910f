import { type nn, optim } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import type { OptimizerConfig } from "./schema.js";

/** Makes the optimizer that a configuration names for a player; `default` serves players not named. */
export function makeOptimizer(
  optimizers: Readonly<Record<string, OptimizerConfig>>,
  player: string,
  parameters: readonly nn.Parameter[],
): optim.Optimizer {
  const config = optimizers[player] ?? optimizers.default;
  if (config === undefined) {
    throw new UsageError(
      `no optimizer for the ${player}; set optimizers.${player}.kind or optimizers.default.kind`,
    );
  }
  switch (config.kind) {
    case "adam":
      return new optim.Adam(parameters, { ...config, eps: config.epsilon });
    case "sgd":
      return new optim.SGD(parameters, config);
    case "rmsprop":
      return new optim.RMSProp(parameters, { ...config, eps: config.epsilon });
  }
}
