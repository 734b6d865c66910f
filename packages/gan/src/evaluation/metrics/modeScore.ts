import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import {
  checkSplits,
  type InceptionScoreOptions,
  LEAST_PROBABILITY,
  splitOptions,
  splitRows,
} from "./inceptionScore.js";
import { defineMetric, makeScore, meanAndDeviation, realOf } from "./metric.js";
import { blocksOf, type Table } from "./table.js";

/** float64 probabilities of rows of raw class scores. */
function logProbabilities(rows: Float32Array, columns: number): Tensor {
  return torch
    .fromTypedArray(rows, [rows.length / columns, columns])
    .to({ dtype: "float64" })
    .logSoftmax(1);
}

/** The classifier's mean class probabilities over a table of raw class scores. */
export function meanProbabilities(logits: Table): Float64Array {
  const sum = new Float64Array(logits.columns);
  for (const [, rows] of blocksOf(logits, 4096)) {
    const part = noGrad(() =>
      scope(() => logProbabilities(rows, logits.columns).exp().sum(0).toTypedArray() as Float64Array),
    );
    for (const [i, value] of part.entries()) sum[i]! += value;
  }
  return sum.map((value) => value / logits.rows);
}

/**
 * exp(E KL(p(y|x) || p(y)) - KL(p*(y) || p(y))) of each part, p* being the part's own mean and p the labels of the
 * training data: the MODE score as printed.
 *
 * It IS the Inception score: both divergences hold the same cross entropy to p(y), the first as the mean of
 * -sum p(y|x) log p(y), the second as -sum p*(y) log p(y), and p* is the mean of p(y|x). It cancels, and what stays is
 * E KL(p(y|x) || p*(y)), whatever p(y) is. So the score cannot see classes of the training data that are missing, as the
 * paper hopes; mode coverage can. (Turning the second divergence around, KL(p || p*), would give another number, which
 * no public code reports.)
 *
 * Source: Che et al. 2017, equation 4; parts as for the Inception score.
 * @param proportions p(y), one a class, not negative; they are scaled to sum to 1
 * @throws {UsageError} fewer samples than parts, or other classes
 */
export function modeScores(
  logits: Table,
  proportions: ArrayLike<number>,
  options: InceptionScoreOptions = {},
): number[] {
  if (proportions.length !== logits.columns)
    throw new UsageError(`${amount(proportions.length, "proportions")} do not fit ${logits.columns} classes`);
  const given = Float64Array.from(proportions);
  const total = given.reduce((sum, value) => sum + value, 0);
  if (!(total > 0) || given.some((value) => !(value >= 0)))
    throw new UsageError("the proportions of the classes must not be negative, nor all 0");
  return Array.from(splitRows(logits, options), (indices) =>
    noGrad(() =>
      scope(() => {
        const logOf = logProbabilities(logits.gather(indices), logits.columns);
        const p = logOf.exp();
        // A class without training data would make both divergences infinite.
        const logTraining = torch.fromTypedArray(
          given.map((value) => Math.log(Math.max(value / total, LEAST_PROBABILITY))),
        );
        const mean = p.mean(0);
        const first = p.mul(logOf.sub(logTraining)).sum(1).mean().item();
        const second = mean.mul(mean.clampMin(LEAST_PROBABILITY).log().sub(logTraining)).sum().item();
        return Math.exp(first - second);
      }),
    ),
  );
}

/** MODE score. */
export default defineMetric({
  name: "mode",
  summary: "MODE score as printed, which equals the Inception Score; higher is better",
  source: "Che et al. 2017 (mode regularized GANs), equation 4",
  needs: ["logits"],
  comparesWithReal: true,
  least: ({ classes }) => Math.max(1000, 5 * classes),
  options: splitOptions,
  check: ({ splits }, { fake }) => checkSplits(splits, fake),
  async score({ seed, ...conventions }, pair) {
    const training = meanProbabilities(await realOf("mode", pair).logits());
    const values = modeScores(await pair.fake.logits(), training, { seed, ...conventions });
    const { mean, deviation } = meanAndDeviation(values);
    return [makeScore(pair, { metric: "mode", value: mean, deviation, better: "higher", seed, conventions })];
  },
});
