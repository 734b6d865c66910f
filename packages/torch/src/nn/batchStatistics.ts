import { TorchError } from "../errors.js";

let current = "default";
let groups = 1;

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
    return atOnce("batchStatistics", body);
  } finally {
    current = before;
  }
}

/** Parts of a batch that batch norms in training normalise each by itself now. */
export function currentBatchGroups(): number {
  return groups;
}

/**
 * Runs `body` with every batch norm in training taking its batch for `count` batches of one size, one after the other: the same,
 * also for the running statistics, as if each part had come by itself.
 * @throws TorchError from a batch norm whose batch is no multiple of `count`
 */
export function batchGroups<T>(count: number, body: () => T): T {
  const before = groups;
  groups = count;
  try {
    return atOnce("batchGroups", body);
  } finally {
    groups = before;
  }
}

function atOnce<T>(name: string, body: () => T): T {
  const result = body();
  if (result instanceof Promise) throw new TorchError("the body must return at once, not a promise", name);
  return result;
}
