import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { amount } from "../../core/base/amount.js";
import { UsageError } from "../../core/base/errors.js";
import { defineMetric, type MetricContext, makeScore, meanAndDeviation, realOf } from "./metric.js";
import { NumpyRandomState } from "./numpyRandom.js";
import { pause } from "./pause.js";
import type { Table } from "./table.js";

export interface KernelOptions {
  /** How many pairs of subsets. Default 100, as torch-fidelity; Mimicry takes 10. */
  readonly subsets?: number;
  /** Samples of each, drawn without replacement. Default 1000, as torch-fidelity; Mimicry takes 5000. */
  readonly subsetSize?: number;
  /** Of NumPy's RandomState, which draws them. Default 2020, as torch-fidelity. */
  readonly seed?: number;
}

const kernel = (x: Tensor, y: Tensor): Tensor => x.mm(y.t()).div(x.size(1)).add(1).pow(3);

/** The mean kernel of different samples of one set. */
function withinSet(x: Tensor): number {
  const similarities = kernel(x, x);
  const size = x.size(0);
  return (similarities.sum().item() - similarities.trace().item()) / (size * (size - 1));
}

/**
 * The unbiased estimate of the squared maximum mean discrepancy under (x.y / D + 1)^3, of each pair of subsets, in
 * float64. The kernel inception distance is their mean; it is unbiased, and so below 0 half of the time where the sets
 * are alike.
 *
 * Source: Binkowski et al. 2018; the subsets are those of torch-fidelity: for each pair first the fake, then the real
 * ones (its first and second input).
 * @throws {UsageError} fewer samples than the subsets need
 */
export async function kernelDiscrepancies(
  fake: Table,
  real: Table,
  { subsets = 100, subsetSize = 1000, seed = 2020 }: KernelOptions = {},
  context: MetricContext = {},
): Promise<number[]> {
  checkSubsets(subsetSize, fake.rows, real.rows);
  const random = new NumpyRandomState(seed);
  const draw = (table: Table): Tensor =>
    torch
      .fromTypedArray(table.gather(random.choice(table.rows, subsetSize)), [subsetSize, table.columns])
      .to({ dtype: "float64" });
  const estimates: number[] = [];
  for (let subset = 0; subset < subsets; subset++) {
    estimates.push(
      noGrad(() =>
        scope(() => {
          const [x, y] = [draw(fake), draw(real)];
          return withinSet(x) + withinSet(y) - 2 * kernel(x, y).mean().item();
        }),
      ),
    );
    await pause(context, (subset + 1) / subsets);
  }
  return estimates;
}

function checkSubsets(subsetSize: number, fake: number, real: number): void {
  const least = Math.min(fake, real);
  if (subsetSize > least)
    throw new UsageError(
      `kid draws subsets of ${subsetSize}, and there are ${least < 2 ? "fewer than 2 samples" : `${amount(least, "samples")}: give kid:subsetSize=${least} or less`}`,
    );
}

/** Kernel Inception distance. */
export default defineMetric({
  name: "kid",
  summary: "kernel distance of the features, mean over subsets; lower is better, unbiased",
  source: "Binkowski et al. 2018; subsets and seed as in torch-fidelity",
  needs: ["features"],
  comparesWithReal: true,
  options: z.strictObject({
    subsets: z.int().min(1).max(100_000).default(100).describe("how many pairs of subsets"),
    subsetSize: z
      .int()
      .min(2)
      .max(1_000_000)
      .default(1000)
      .describe("samples of each, drawn without replacement"),
    seed: z.int().min(0).max(0xffffffff).default(2020).describe("of the draw, as of NumPy's RandomState"),
  }),
  check: ({ subsetSize }, { fake, real = 0 }) => checkSubsets(subsetSize, fake, real),
  async score({ seed, ...conventions }, pair, context) {
    const real = realOf("kid", pair);
    const [x, y] = [await pair.fake.features(), await real.features()];
    const { mean, deviation } = meanAndDeviation(
      await kernelDiscrepancies(x, y, { seed, ...conventions }, context),
    );
    return [makeScore(pair, { metric: "kid", value: mean, deviation, better: "lower", seed, conventions })];
  },
});
