import { TorchError } from "./errors.js";
import { native } from "./native.js";
import { handles, wrap } from "./runtime.js";
import type { Tensor } from "./tensor.js";

export interface GradOptions {
  /** The gradient of what follows, one a tensor of `outputs`. Default 1 for a single number. */
  gradOutputs?: readonly Tensor[];
  /** Record the gradient's own graph, so that it can be differentiated again. Default false. */
  createGraph?: boolean;
  /** Keep the graph for another grad(). Default: the value of createGraph. */
  retainGraph?: boolean;
  /** An input that the output does not depend on gives undefined instead of an error. Default false. */
  allowUnused?: boolean;
}

/**
 * Gradients of `outputs` (summed, if several) by `inputs`, as values: nothing is stored in the tensors.
 * @throws TorchError when an input is unused (without allowUnused), or an output has no graph
 * @example
 * const x = torch.tensor([1, 2]).requiresGrad_();
 * const [slope] = grad(x.square().sum(), [x]); // [2, 4]
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions & { allowUnused: true },
): (Tensor | undefined)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): (Tensor | undefined)[] {
  const list = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor];
  const createGraph = options.createGraph ?? false;
  const found = native.grad(
    handles(list),
    handles(inputs),
    options.gradOutputs === undefined ? undefined : handles(options.gradOutputs),
    options.retainGraph ?? createGraph,
    createGraph,
    options.allowUnused ?? false,
  );
  return found.map((handle) => (handle === null ? undefined : wrap(handle)));
}

function withGrad<T>(enabled: boolean, body: () => T): T {
  const before = native.setGradEnabled(enabled);
  try {
    const result = body();
    if (result instanceof Promise)
      throw new TorchError("noGrad() and enableGrad() take a function that returns at once");
    return result;
  } finally {
    native.setGradEnabled(before);
  }
}

/** Runs `body` without recording a graph. */
export function noGrad<T>(body: () => T): T {
  return withGrad(false, body);
}

/** Runs `body` recording a graph, inside noGrad() too. */
export function enableGrad<T>(body: () => T): T {
  return withGrad(true, body);
}
