/** Optimizers: rules that change parameters by gradients, which they take as values. */
export * from "./adam.js";
export * from "./clip.js";
export type { Optimizer, OptimizerState, OptimizerStateDict } from "./optimizer.js";
export * from "./rmsProp.js";
export * from "./sgd.js";
