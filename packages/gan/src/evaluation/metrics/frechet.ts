import { noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../../core/base/errors.js";
import { defineMetric, makeScore, realOf } from "./metric.js";
import type { Moments } from "./moments.js";

/** Rows whose outer products sum to the covariance, R,D: one a dimension in which it is not zero. */
function factor(covariance: Tensor): Tensor | undefined {
  const dimension = covariance.size(0);
  const [values, vectors] = covariance.linalgEigh();
  const exact = values.toTypedArray();
  const largest = Number(exact[dimension - 1]);
  // As numpy.linalg.matrix_rank: what is smaller is rounding, and its root would not be small.
  const least = largest * dimension * Number.EPSILON;
  const first = exact.findIndex((value: number | bigint) => Number(value) > least);
  if (first < 0 || !(largest > 0)) return undefined;
  const rank = dimension - first;
  const roots = values.narrow(0, first, rank).sqrt();
  return vectors.narrow(1, first, rank).mul(roots).t();
}

/**
 * The squared Frechet distance of the Gaussians with these moments: |m1 - m2|^2 + tr S1 + tr S2 - 2 tr (S1 S2)^(1/2).
 *
 * With S1 = A^T A and S2 = B^T B the last trace is the sum of the singular values of A B^T. Taking the roots first, and
 * only where the covariances are not zero, keeps rounding small when they are singular (fewer samples than dimensions,
 * constant images): roots of the eigenvalues of S1 S2, which public codes take, turn errors of 1e-16 into 1e-8.
 * Never NaN, and never below 0.
 *
 * Source: Heusel et al. 2017, equation 6; Dowson and Landau 1982.
 * @param divisor of the covariances; n is what NVlabs/stylegan2-ada-pytorch divides by
 * @throws {UsageError} no samples
 */
export function frechetDistance(a: Moments, b: Moments, divisor: "n-1" | "n" = "n-1"): number {
  if (a.dimension !== b.dimension)
    throw new RangeError(`moments of ${a.dimension} and of ${b.dimension} dimensions have no distance`);
  if (a.count === 0 || b.count === 0)
    throw new UsageError("the Frechet distance needs samples on both sides");
  let squared = 0;
  for (let i = 0; i < a.dimension; i++) squared += (a.mean[i]! - b.mean[i]!) ** 2;
  return noGrad(() =>
    scope(() => {
      const [first, second] = [a.covariance(divisor), b.covariance(divisor)];
      const traces = first.trace().item() + second.trace().item();
      const [left, right] = [factor(first), factor(second)];
      if (left === undefined || right === undefined) return squared + traces;
      const [, singular] = torch.linalgSvd(left.mm(right.t()), false);
      return Math.max(0, squared + traces - 2 * singular.sum().item());
    }),
  );
}

/** Frechet Inception distance. */
export default defineMetric({
  name: "fid",
  summary: "Frechet distance between the features' Gaussians; lower is better, biased by the sample count",
  source: "Heusel et al. 2017; moments and covariance as in torch-fidelity",
  needs: ["moments"],
  comparesWithReal: true,
  // Of fewer the covariance is singular.
  least: ({ features }) => Math.max(1000, features + 1),
  options: z.strictObject({
    covariance: z
      .enum(["n-1", "n"])
      .default("n-1")
      .describe("what covariances are divided by; n: as NVlabs/stylegan2-ada-pytorch"),
  }),
  async score({ covariance }, pair) {
    const real = realOf("fid", pair);
    const value = frechetDistance(await pair.fake.moments(), await real.moments(), covariance);
    return [makeScore(pair, { metric: "fid", value, better: "lower", conventions: { covariance } })];
  },
});
