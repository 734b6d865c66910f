import { type nn, optim } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import { type Clock, firstValue, type Scheduled, valueAt } from "../base/schedule.js";
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
  // Until a training says where it stands, what its schedules begin with.
  const learningRate = firstValue(config.learningRate);
  switch (config.kind) {
    case "adam": {
      const betas = betasAt(config, firstValue);
      return new optim.Adam(parameters, { ...config, learningRate, betas, eps: config.epsilon });
    }
    case "sgd":
      return new optim.SGD(parameters, { ...config, learningRate });
    case "rmsprop":
      return new optim.RMSProp(parameters, { ...config, learningRate, eps: config.epsilon });
  }
}

type Adam = Extract<OptimizerConfig, { kind: "adam" }>;

const betasAt = ({ betas: [first, second] }: Adam, value: (scheduled: Scheduled) => number) =>
  [value(first), value(second)] as const;

/** Sets what of a player's optimizer may be scheduled to what it is where the training stands. */
export function scheduleOptimizer(
  optimizers: Readonly<Record<string, OptimizerConfig>>,
  player: string,
  optimizer: optim.Optimizer,
  clock: Clock,
): void {
  const config = optimizers[player] ?? optimizers.default;
  if (config === undefined) return;
  optimizer.learningRate = valueAt(config.learningRate, clock);
  if (config.kind === "adam" && optimizer instanceof optim.Adam)
    optimizer.betas = betasAt(config, (value) => valueAt(value, clock));
}
