import { type Device, noGrad, RandomGenerator, scope, torch } from "@gantry/torch";
import { UsageError } from "../base/errors.js";
import type { Generator } from "../nets/contract.js";
import { normStatistics } from "../nets/normStatistics.js";
import { drawLatents } from "./latents.js";

/** What a generator's batch norms are shown. */
export interface StandingOptions {
  /** How many batches; BigGAN's paper has typically 100. */
  readonly batches: number;
  /** Latents of each, at least 2. */
  readonly batch: number;
  /** See drawLatents(). */
  readonly truncation: number;
  readonly device: Device;
}

/** Of the latents that the statistics are made of: other samples' are other ones. */
const SEED = 0x57a7;

/**
 * Standing statistics: a generator's batch norms forget their running means and variances, and take the plain averages of those
 * of so many batches of fresh latents (and, where it is conditional, classes drawn uniformly), made with the weights as they
 * are. Right for averaged weights, whose activations the running statistics are not of. All else is in evaluation: spectral
 * norm's vectors stay. Variances are averaged unbiased, as running ones are; the public code has them biased.
 * Source: Brock et al. 2019 (BigGAN), appendix C.1; ajbrock/BigGAN-PyTorch, utils.accumulate_standing_stats (16 batches).
 * @throws UsageError for a generator without batch norm, and for batches of one
 */
export function standStatistics(
  generator: Generator,
  { batches, batch, truncation, device }: StandingOptions,
): void {
  const norms = normStatistics(generator);
  if (norms.length === 0)
    throw new UsageError(
      "standing statistics are batch norm's, and this generator has no batch norm; leave them out",
    );
  if (batch < 2)
    throw new UsageError("standing statistics need batches of 2 or more, and the run's are of 1");
  const { prior, classes } = generator;
  const random = new RandomGenerator(SEED, "cpu");
  const sums = norms.map(({ norm }) => ({
    mean: new Float64Array(norm.features),
    variance: new Float64Array(norm.features),
  }));
  generator.train(false);
  for (const { norm } of norms) norm.training = true;
  try {
    for (let done = 0; done < batches; done++) {
      noGrad(() =>
        scope(() => {
          // Of nothing, a share of the batch's own is left: its statistics to within rounding.
          for (const { mean, variance } of norms) for (const [, buffer] of [mean, variance]) buffer.zero_();
          const latent = torch.fromTypedArray(drawLatents(prior, batch, random, truncation), [
            batch,
            prior.size,
          ]);
          const label =
            classes === undefined
              ? undefined
              : torch.randint(0, classes, [batch], { generator: random, dtype: "int64" }).to({ device });
          generator.forward(latent.to({ device }), label);
          for (const [i, { norm, mean, variance }] of norms.entries())
            for (const [sum, [, buffer]] of [
              [sums[i]!.mean, mean],
              [sums[i]!.variance, variance],
            ] as const)
              for (const [at, value] of buffer.toNumbers().entries())
                sum[at] = sum[at]! + value / norm.momentum / batches;
        }),
      );
    }
    noGrad(() =>
      scope(() => {
        for (const [i, { mean, variance }] of norms.entries()) {
          mean[1].copy_(torch.fromTypedArray(sums[i]!.mean));
          variance[1].copy_(torch.fromTypedArray(sums[i]!.variance));
        }
      }),
    );
  } finally {
    for (const { norm } of norms) norm.training = false;
  }
}
