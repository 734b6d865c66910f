import { TorchError } from "../errors.js";

let current = { statistics: "default", groups: 1 };

/** Which set of running statistics batch norms use now. */
export const currentBatchStatistics = (): string => current.statistics;

/** Parts of a batch that batch norms in training normalise each by itself now. */
export const currentBatchGroups = (): number => current.groups;

/**
 * Runs `body` with every batch norm using, and in training updating, the running statistics called `name`; scale and
 * shift are shared by all. A set comes into being at its first use, with mean 0 and variance 1. `default` is the
 * set used outside. Nests. Source: Che et al., Mode Regularized GANs, ICLR 2017, appendix B.
 */
export const batchStatistics = <T>(name: string, body: () => T): T =>
  during("batchStatistics", { statistics: name }, body);

/**
 * Runs `body` with every batch norm in training taking its batch for `count` batches of one size, one after the other: the same,
 * also for the running statistics, as if each part had come by itself. Nests: the innermost count holds.
 * @throws TorchError from a batch norm whose batch is no multiple of `count`
 */
export const batchGroups = <T>(count: number, body: () => T): T =>
  during("batchGroups", { groups: count }, body);

function during<T>(caller: string, change: Partial<typeof current>, body: () => T): T {
  const before = current;
  current = { ...before, ...change };
  try {
    const result = body();
    if (result instanceof Promise)
      throw new TorchError("the body must return at once, not a promise", caller);
    return result;
  } finally {
    current = before;
  }
}
