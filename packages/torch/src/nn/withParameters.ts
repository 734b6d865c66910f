import { TorchError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import type { Parameter } from "./parameter.js";

/**
 * Runs `body` with `parameters` meaning `values`: modules that use them compute with the values, and gradients flow to
 * what the values were computed from. Afterwards, also when `body` throws, they mean themselves again.
 *
 * This is how a network is evaluated after updates that have not happened (unrolled GANs). Buffers are not replaced: a
 * training forward in `body` advances batch statistics and the vectors of spectral norm as any other does.
 *
 * @param values one tensor a parameter, of the same shape; they need not require gradients
 * @throws TorchError when counts or shapes disagree
 */
export function withParameters<T>(
  parameters: readonly Parameter[],
  values: readonly Tensor[],
  body: () => T,
): T {
  if (parameters.length !== values.length)
    throw new TorchError(`${values.length} values for ${parameters.length} parameters`, "withParameters");
  for (const [i, parameter] of parameters.entries()) {
    const value = values[i] as Tensor;
    if (parameter.shape.join() !== value.shape.join())
      throw new TorchError(
        `value ${i} does not have its parameter's shape`,
        "withParameters",
        `${parameter}, ${value}`,
      );
  }
  const handles = parameters.map((parameter) => parameter.handle);
  const meant = values.map((value) => value.handle);
  try {
    for (const [i, parameter] of parameters.entries()) parameter.handle = meant[i] as number;
    const result = body();
    if (result instanceof Promise)
      throw new TorchError("the body must return at once, not a promise", "withParameters");
    return result;
  } finally {
    for (const [i, parameter] of parameters.entries()) parameter.handle = handles[i] as number;
  }
}
