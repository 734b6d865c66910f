import { TorchError } from "../errors.js";

let current = "default";

/** Which set of running statistics batch norms use now. */
export function currentBatchStatistics(): string {
  return current;
}

/**
 * Runs `body` with every batch norm using, and in training updating, the running statistics called `name`; scale and
 * shift are shared by all. A set comes into being at its first use, with mean 0 and variance 1. `default` is the
 * set used outside. Nests. Source: Che et al., Mode Regularized GANs, ICLR 2017, appendix B.
 */
export function batchStatistics<T>(name: string, body: () => T): T {
  const before = current;
  current = name;
  try {
    const result = body();
    if (result instanceof Promise)
      throw new TorchError("the body must return at once, not a promise", "batchStatistics");
    return result;
  } finally {
    current = before;
  }
}
