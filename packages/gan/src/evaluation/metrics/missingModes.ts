import { z } from "zod";
import { UsageError } from "../../core/base/errors.js";
import { checkJudge } from "../../core/nets/judge.js";
import type { JudgeSettings } from "./judgeSettings.js";
import { defineMetric, makeScore, realOf, type Samples, type ScoreSide } from "./metric.js";
import { checkCounts, estimateMissingModes, type MissingModes, pictureOfMissing } from "./missingEstimate.js";
import { DEFAULT_JUDGE } from "./missingJudge.js";

/** One of a network's settings. */
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

/** What the estimate can see, in words. */
function describePower({ power, sigma }: MissingModes): string {
  const lines = power.map(({ what, found, right }) =>
    found === 0
      ? `without ${what} it would call none of it missing`
      : `without ${what} it would call ${percent(found)} of it missing, and ${percent(right)} of what it calls is that`,
  );
  const isBlind = power.some(({ found }) => found < 0.2);
  return `${lines.join("; ")}${isBlind ? `: it sees little at sigma ${sigma}; try less noise (sigmas=[0.3]) or more steps` : ""}`;
}

/** Missing-mode estimator. */
export default defineMetric({
  name: "missing",
  summary: "test images that a noisy third-party discriminator finds nothing generated like; lower is better",
  source: "Che et al. 2017 (mode regularized GANs), sections 3.4 and 4.2.1",
  needs: ["images", "test"],
  comparesWithReal: true,
  options: z.strictObject({
    sigmas: z
      .array(z.number().min(0))
      .min(1)
      .default([3.5, 4])
      .describe("noise on the judge's input, judges of its own each"),
    threshold: z
      .number()
      .gt(0)
      .lt(1)
      .nullable()
      .default(null)
      .describe("missing is a test image of a value above this; null: as reals judged against reals say"),
    falseAlarms: z
      .number()
      .min(0)
      .lt(1)
      .default(0.001)
      .describe("share of test images that may be called missing where nothing is"),
    wrong: z
      .number()
      .min(0)
      .lt(1)
      .default(1 / 2)
      .describe("how often generated images may be above the threshold, for each time that test images are"),
    mirror: z
      .boolean()
      .default(false)
      .describe("images are turned left to right at random for the judge; where that does not matter"),
    net: z
      .record(z.string(), z.union([scalar, z.array(scalar)]))
      .nullable()
      .default(null)
      .describe(
        "the judge's family and options; null: the run's own discriminator, else dcgan with spectral norm",
      ),
    steps: z.int().min(1).max(10_000_000).default(1000).describe("training steps of each judge"),
    batch: z
      .int()
      .min(1)
      .max(65_536)
      .nullable()
      .default(null)
      .describe("images of each kind in a step; null: the run's own, else 64"),
    holes: z
      .int()
      .min(0)
      .max(100)
      .default(1)
      .describe("classes (or tenths) of the reals left out to see whether that is found, a judge each"),
    seed: z.int().min(0).default(0).describe("of weights, batches, noise, splits and holes"),
  }),
  async check(options, { fake, real = 0, shape, discriminator }) {
    const { family, options: net, batch } = settingsOf(options, discriminator);
    checkCounts(batch, fake, real);
    await checkJudge(family, net, shape).catch((error: Error) => {
      throw new UsageError(`the estimate of missing modes cannot judge: ${error.message}`, { cause: error });
    });
  },
  async score({ sigmas, seed, threshold, net, batch, ...options }, pair, context = {}) {
    const training = realOf("missing", pair);
    const { fake, test } = pair;
    if (test === undefined) throw new TypeError("missing judges test images, and none were given");
    const judge = settingsOf({ net, batch }, pair.discriminator);
    // The judge looks at the images themselves, through no feature network.
    const side = ({ count, conventions: { quantisation = "none" } }: Samples): ScoreSide => ({
      count,
      network: undefined,
      conventions: { quantisation },
    });
    const scores = [];
    for (const [place, sigma] of sigmas.entries()) {
      const found = await estimateMissingModes(
        { generated: fake.images(), training: training.images(), test: test.images() },
        { sigma, seed, judge, threshold: threshold ?? undefined, ...options },
        {
          signal: context.signal,
          home: context.home,
          onProgress: (share) => context.onProgress?.((place + share) / sigmas.length),
        },
      );
      const metric = `missing-${sigma}`;
      const picture = await pictureOfMissing(test.images(), found.positions);
      if (picture !== undefined) context.onPicture?.(metric, picture);
      const { family, options: network, optimizer } = judge;
      scores.push(
        makeScore(
          { fake: side(fake), real: side(training) },
          {
            metric,
            value: found.missing,
            better: "lower",
            seed,
            conventions: {
              sigma,
              "test images": found.images,
              threshold: threshold ?? "of reals",
              judge: JSON.stringify({ family, ...network }),
              optimizer: JSON.stringify(optimizer),
              batch: judge.batch,
              ...options,
            },
            detail: {
              histogram: found.histogram,
              threshold: [found.threshold],
              positions: found.positions,
              found: found.power.map((hole) => hole.found),
              right: found.power.map(({ right }) => right),
            },
            ...(found.power.length === 0 ? {} : { note: describePower(found) }),
          },
        ),
      );
    }
    return scores;
  },
});

/** The judge that is asked for; where nothing is said, the run's own discriminator. */
function settingsOf(
  { net, batch }: { readonly net: JudgeSettings["options"] | null; readonly batch: number | null },
  own: JudgeSettings | undefined,
): JudgeSettings {
  const settings = own ?? DEFAULT_JUDGE;
  const { family, ...options } = net ?? {};
  return {
    ...settings,
    ...(net === null ? {} : { family: typeof family === "string" ? family : settings.family, options }),
    ...(batch === null ? {} : { batch }),
  };
}
