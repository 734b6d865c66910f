import { grad, nn, noGrad, optim, RandomGenerator, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { RunError, UsageError } from "../../core/base/errors.js";
import { Random } from "../../core/data/random.js";
import type { Discriminator } from "../../core/nets/contract.js";
import { families } from "../../core/nets/family.js";
import { Prior } from "../../core/nets/prior.js";
import type { ImageSource } from "./images.js";
import {
  defineMetric,
  type MetricContext,
  makeScore,
  realOf,
  type Samples,
  type ScoreSide,
} from "./metric.js";
import { pause } from "./pause.js";

export interface MissingModesOptions {
  /** Standard deviation of the noise on the judge's input, images being in [-1, 1]. */
  readonly sigma: number;
  /** Test images judged above this count as missing. The paper says "close to 1". Default 0.9. */
  readonly threshold?: number;
  /** Training steps of the judge. Default 1000; the paper does not say. */
  readonly steps?: number;
  /** Of each kind in a step. Default 64. */
  readonly batch?: number;
  /** Add the noise to the test images too. Default false: the paper adds it "when training". */
  readonly noiseInTest?: boolean;
  /** Of the judge's weights, its batches and the noise. Default 0. */
  readonly seed?: number;
}

export interface MissingModes {
  readonly sigma: number;
  readonly threshold: number;
  /** Test images judged. */
  readonly images: number;
  /** Test images whose value is above the threshold. */
  readonly missing: number;
  /** How many test images have a value in each tenth from 0 to 1. */
  readonly histogram: readonly number[];
  /** The value of each test image: the judge's probability that it is real, not generated. */
  readonly values: Float32Array;
}

/**
 * Estimates how much of the data a generator misses. A third-party discriminator, which no generator has been trained
 * against, learns to tell generated from training images; noise on its input keeps it from separating them perfectly. Its
 * value estimates p_data / (p_data + p_generator), so a test image that it gives nearly 1 is one that the generator does
 * not make.
 *
 * The judge is the DCGAN discriminator, trained by Adam 2e-4 (0.5, 0.999), "same architecture and hyper-parameters" as
 * the paper's models. (Equation 5 of the paper has p_generator on top, which contradicts its text; the text is followed.)
 *
 * Source: Che et al. 2017 (mode regularized GANs), sections 3.4 and 4.2.1.
 * @throws {UsageError} images of several shapes, or of a size that DCGAN has no discriminator for
 */
export async function estimateMissingModes(
  {
    generated,
    training,
    test,
  }: {
    readonly generated: ImageSource;
    readonly training: ImageSource;
    readonly test: ImageSource;
  },
  options: MissingModesOptions,
  context: MetricContext = {},
): Promise<MissingModes> {
  const { sigma, threshold = 0.9, steps = 1000, batch = 64, noiseInTest = false, seed = 0 } = options;
  for (const other of [training, test])
    if (other.shape.join() !== generated.shape.join())
      throw new UsageError(
        `${other.name} has images of [${other.shape}], and ${generated.name} of [${generated.shape}]`,
      );
  checkBatch(batch, generated.count, training.count);
  const noise = new RandomGenerator(seed);
  const judge = await makeJudge(generated.shape, noise);
  try {
    const bytes = await Promise.all(
      [generated, training].map(async (source) => await source.read(0, source.count)),
    );
    await train(
      judge,
      bytes as [Uint8Array, Uint8Array],
      generated.shape,
      { sigma, steps, batch, seed },
      noise,
      context,
    );
    const values = await judgeAll(judge, test, noiseInTest ? sigma : 0, noise, context);
    const histogram = new Array<number>(10).fill(0);
    for (const value of values) histogram[Math.min(9, Math.floor(value * 10))]!++;
    const missing = values.filter((value) => value > threshold).length;
    return { sigma, threshold, images: test.count, missing, histogram, values };
  } finally {
    judge.dispose();
  }
}

function checkBatch(batch: number, generated: number, training: number): void {
  const least = Math.min(generated, training);
  if (batch > least)
    throw new UsageError(
      `a batch of ${batch} needs as many images of each kind, and there are ${least}: give missing:batch=${Math.max(1, least)} or fewer`,
    );
}

/**
 * The dcgan family with its default options.
 * @throws {UsageError} images of a size that it has no discriminator for
 */
async function judgeFamily(shape: readonly number[]) {
  const family = await families.get("dcgan");
  const options = family.options.parse({});
  const problem = family.check(options, { kind: "images", shape, classes: undefined });
  if (problem !== undefined) throw new UsageError(`the estimate of missing modes cannot judge: ${problem}`);
  return { family, options };
}

/** As the dcgan family makes it, but its weights from a generator of its own: the same seed gives the same judge. */
async function makeJudge(shape: ImageSource["shape"], generator: RandomGenerator): Promise<Discriminator> {
  const { family, options } = await judgeFamily(shape);
  const data = { kind: "images", shape, classes: undefined } as const;
  const prior = new Prior({ size: 1, distribution: "normal" });
  const request = { data, prior, classes: undefined, inputShape: shape, latentSize: 0 };
  const judge = family.discriminator(options, request);
  for (const [name, parameter] of judge.namedParameters())
    if (!name.endsWith("bias")) nn.init.normal_(parameter, parameter.dim === 1 ? 1 : 0, 0.02, { generator });
  return judge;
}

/** uint8 images in [-1, 1], with noise. */
function noisy(
  bytes: Uint8Array,
  shape: readonly number[],
  sigma: number,
  generator: RandomGenerator,
): Tensor {
  const images = torch.fromTypedArray(bytes, shape).to({ dtype: "float32" }).div_(127.5).sub_(1);
  return sigma === 0 ? images : images.add_(torch.randn(shape, { generator }), { alpha: sigma });
}

const scoreOf = (judge: Discriminator, image: Tensor): Tensor =>
  judge.score(judge.features({ image }), { image });

async function train(
  judge: Discriminator,
  [generated, training]: readonly [Uint8Array, Uint8Array],
  shape: ImageSource["shape"],
  { sigma, steps, batch, seed }: { sigma: number; steps: number; batch: number; seed: number },
  generator: RandomGenerator,
  context: MetricContext,
): Promise<void> {
  const random = new Random(seed);
  const size = shape[0] * shape[1] * shape[2];
  const draw = (data: Uint8Array): Uint8Array => {
    const out = new Uint8Array(batch * size);
    for (let i = 0; i < batch; i++) {
      const at = random.integer(data.length / size) * size;
      out.set(data.subarray(at, at + size), i * size);
    }
    return out;
  };
  const parameters = judge.parameters();
  const optimizer = new optim.Adam(parameters, { learningRate: 2e-4, betas: [0.5, 0.999] });
  judge.train();
  try {
    for (let step = 0; step < steps; step++) {
      const loss = scope(() => {
        const [fakes, reals] = [generated, training].map((data) =>
          scoreOf(judge, noisy(draw(data), [batch, ...shape], sigma, generator)),
        ) as [Tensor, Tensor];
        // Real and generated apart: batch norm over both would tell the judge which batch it sees by what it lacks.
        const value = reals.neg().softplus().mean().add(fakes.softplus().mean());
        optimizer.step(grad(value, parameters));
        return value.item();
      });
      if (!Number.isFinite(loss)) throw new RunError(`the judge's loss became ${loss} at step ${step}`);
      await pause(context, (0.9 * (step + 1)) / steps);
    }
  } finally {
    optimizer.dispose();
  }
}

async function judgeAll(
  judge: Discriminator,
  test: ImageSource,
  sigma: number,
  generator: RandomGenerator,
  context: MetricContext,
): Promise<Float32Array> {
  const values = new Float32Array(test.count);
  judge.eval();
  for (let start = 0; start < test.count; start += 256) {
    const end = Math.min(test.count, start + 256);
    const bytes = await test.read(start, end);
    const found = noGrad(() =>
      scope(
        () =>
          scoreOf(judge, noisy(bytes, [end - start, ...test.shape], sigma, generator))
            .sigmoid()
            .toTypedArray() as Float32Array,
      ),
    );
    values.set(found, start);
    await pause(context, 0.9 + (0.1 * end) / test.count);
  }
  return values;
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
      .describe("noise on the judge's input, one judge each"),
    threshold: z.number().min(0).max(1).default(0.9).describe("missing is a test image judged above this"),
    steps: z.int().min(1).max(10_000_000).default(1000).describe("training steps of each judge"),
    batch: z.int().min(1).max(65_536).default(64).describe("images of each kind in a step"),
    noiseInTest: z.boolean().default(false).describe("add the noise to test images too"),
    seed: z.int().min(0).default(0).describe("of weights, batches and noise"),
  }),
  async check({ batch }, { fake, real = 0, shape }) {
    checkBatch(batch, fake, real);
    await judgeFamily(shape);
  },
  async score({ sigmas, seed, ...options }, pair, context = {}) {
    const training = realOf("missing", pair);
    const { fake, test } = pair;
    if (test === undefined) throw new TypeError("missing judges test images, and none were given");
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
        { sigma, seed, ...options },
        {
          signal: context.signal,
          onProgress: (share) => context.onProgress?.((place + share) / sigmas.length),
        },
      );
      scores.push(
        makeScore(
          { fake: side(fake), real: side(training) },
          {
            metric: `missing-${sigma}`,
            value: found.missing,
            better: "lower",
            seed,
            conventions: { sigma, "test images": found.images, ...options },
            detail: { histogram: found.histogram },
          },
        ),
      );
    }
    return scores;
  },
});
