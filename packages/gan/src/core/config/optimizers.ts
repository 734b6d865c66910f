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
  switch (config.kind) {
    case "adam":
      return new optim.Adam(parameters, { ...adamAt(config, firstValue), eps: config.epsilon });
    case "sgd":
      return new optim.SGD(parameters, sgdAt(config, firstValue));
    case "rmsprop":
      return new optim.RMSProp(parameters, { ...rmsPropAt(config, firstValue), eps: config.epsilon });
  }
}

/** Sets what of a player's optimizer may be scheduled to what it is where the training stands. */
export function scheduleOptimizer(
  optimizers: Readonly<Record<string, OptimizerConfig>>,
  player: string,
  optimizer: optim.Optimizer,
  clock: Clock,
): void {
  const config = optimizers[player] ?? optimizers.default;
  if (config === undefined) return;
  const at: Reader = (scheduled) => valueAt(scheduled, clock);
  if (config.kind === "adam" && optimizer instanceof optim.Adam) Object.assign(optimizer, adamAt(config, at));
  if (config.kind === "sgd" && optimizer instanceof optim.SGD) Object.assign(optimizer, sgdAt(config, at));
  if (config.kind === "rmsprop" && optimizer instanceof optim.RMSProp)
    Object.assign(optimizer, rmsPropAt(config, at));
}

type Of<Kind extends OptimizerConfig["kind"]> = Extract<OptimizerConfig, { kind: Kind }>;
type Reader = (scheduled: Scheduled) => number;

const adamAt = (config: Of<"adam">, at: Reader) => ({
  learningRate: at(config.learningRate),
  betas: [at(config.betas[0]), at(config.betas[1])] as const,
  weightDecay: at(config.weightDecay),
});

const sgdAt = (config: Of<"sgd">, at: Reader) => ({
  learningRate: at(config.learningRate),
  momentum: at(config.momentum),
  weightDecay: at(config.weightDecay),
});

const rmsPropAt = (config: Of<"rmsprop">, at: Reader) => ({
  learningRate: at(config.learningRate),
  alpha: at(config.alpha),
  momentum: at(config.momentum),
});
