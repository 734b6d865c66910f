/**
 * LibTorch for TypeScript.
 *
 *     import { grad, scope, torch } from "@gantry/torch";
 *     const slope = scope(() => {
 *       const x = torch.tensor([1, 2, 3], { requiresGrad: true });
 *       const [gradient] = grad(x.square().sum(), [x]);
 *       return gradient;
 *     });
 */
import { fromBytes, fromTypedArray, functions, tensor } from "./tensor.js";

/** Functions that make tensors or take several. */
export const torch = { ...functions, tensor, fromTypedArray, fromBytes };

export * from "./autocast.js";
export * from "./autograd.js";
export * as distributed from "./distributed.js";
export * from "./errors.js";
export * from "./kernelChoices.js";
export { type Machine, machine } from "./limits.js";
export * as nn from "./nn/index.js";
export * as optim from "./optim/index.js";
export * from "./profile.js";
export * from "./random.js";
export * from "./scope.js";
export * from "./system.js";
export { type NestedNumbers, sumOf, Tensor, type TensorOptions } from "./tensor.js";
export * from "./trace.js";
export type * from "./types.js";
