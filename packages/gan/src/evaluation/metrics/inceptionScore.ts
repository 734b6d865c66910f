import { noGrad, scope, torch } from "@gantry/torch";
import { z } from "zod";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import { defineMetric, makeScore, meanAndDeviation } from "./metric.js";
import { NumpyRandomState } from "./numpyRandom.js";
import type { Table } from "./table.js";

export interface InceptionScoreOptions {
  /** Parts that are scored apart. Default 10. */
  readonly splits?: number;
  /** Shuffle the samples before they are split. Default true, as torch-fidelity; the first public codes do not. */
  readonly shuffle?: boolean;
  /** Of NumPy's RandomState, which shuffles. Default 2020, as torch-fidelity. */
  readonly seed?: number;
}

/** Below every probability that can be told from 0; its logarithm is finite, so that 0 log 0 comes out as 0. */
export const LEAST_PROBABILITY = 2.2250738585072014e-308;

/** @throws {UsageError} fewer samples than parts */
export function checkSplits(splits: number, count: number): void {
  if (splits > count)
    throw new UsageError(
      `${amount(count, "samples")} cannot be split in ${splits}: give the metric splits=${count} or less`,
    );
}

/** The rows of each part in turn: a shuffled order cut where torch-fidelity cuts it, at floor(i N / splits). */
export function* splitRows(
  { rows: count }: Table,
  { splits = 10, shuffle = true, seed = 2020 }: InceptionScoreOptions,
): Generator<Uint32Array> {
  checkSplits(splits, count);
  const order = shuffle
    ? new NumpyRandomState(seed).permutation(count)
    : Uint32Array.from({ length: count }, (_, i) => i);
  for (let split = 0; split < splits; split++)
    yield order.subarray(Math.floor((split * count) / splits), Math.floor(((split + 1) * count) / splits));
}

/**
 * exp(E KL(p(y|x) || p(y))) of each part, in float64, p(y) being the part's own mean.
 *
 * Source: Salimans et al. 2016; splits, shuffle and softmax as torch-fidelity has them.
 * @param logits raw class scores
 * @throws {UsageError} fewer samples than parts
 */
export function inceptionScores(logits: Table, options: InceptionScoreOptions = {}): number[] {
  return Array.from(splitRows(logits, options), (indices) =>
    noGrad(() =>
      scope(() => {
        const rows = torch
          .fromTypedArray(logits.gather(indices), [indices.length, logits.columns])
          .to({ dtype: "float64" });
        const logOf = rows.logSoftmax(1);
        const p = logOf.exp();
        const marginal = p.mean(0, true).clampMin(LEAST_PROBABILITY).log();
        return Math.exp(p.mul(logOf.sub(marginal)).sum(1).mean().item());
      }),
    ),
  );
}

/** Options that the Inception score and the MODE score share. */
export const splitOptions = z.strictObject({
  splits: z.int().min(1).max(100_000).default(10).describe("parts that are scored apart"),
  shuffle: z.boolean().default(true).describe("shuffle before splitting"),
  seed: z.int().min(0).max(0xffffffff).default(2020).describe("of the shuffle, as of NumPy's RandomState"),
});

/** Inception Score. */
export default defineMetric({
  name: "is",
  summary: "Inception Score: confident and varied classes; higher is better, 1 to the number of classes",
  source: "Salimans et al. 2016; splits, shuffle and precision as in torch-fidelity",
  needs: ["logits"],
  comparesWithReal: false,
  least: ({ classes }) => Math.max(1000, 5 * classes),
  options: splitOptions,
  check: ({ splits }, { fake }) => checkSplits(splits, fake),
  async score({ seed, ...conventions }, { fake }) {
    const values = inceptionScores(await fake.logits(), { seed, ...conventions });
    const { mean, deviation } = meanAndDeviation(values);
    return [
      makeScore({ fake }, { metric: "is", value: mean, deviation, better: "higher", seed, conventions }),
    ];
  },
});
