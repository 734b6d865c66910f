import { join } from "node:path";
import {
  defaultGenerator,
  grad,
  manualSeed,
  nn,
  noGrad,
  optim,
  scope,
  type Tensor,
  torch,
} from "@gantry/torch";
import { z } from "zod";
import { RunError, UsageError } from "../../core/base/errors.js";
import { cacheKey } from "../../core/data/cache.js";
import { Random } from "../../core/data/random.js";
import type { Discriminator } from "../../core/nets/contract.js";
import { checkJudge, makeJudge } from "../../core/nets/judge.js";
import { contrastiveLoss, InfomaxCritics } from "../../core/nets/layers/infomaxCritics.js";
import type { ImageSource } from "./images.js";
import { loadWeights, saveWeights } from "./keptWeights.js";
import {
  defineMetric,
  type MetricContext,
  makeScore,
  meanAndDeviation,
  realOf,
  type Samples,
  type ScoreSide,
} from "./metric.js";
import { pause } from "./pause.js";

/** Goes up with every change of the network or its training: older weights are then not used. */
const VERSION = 2;
const FAMILY = "dcgan";
/** No batch norm, which would tell an image's features about the others of its batch. */
const NET = { channels: 32, discriminatorNorm: "none" } as const;
/** Dimensions that the critics project to. */
const UNITS = 256;
/** Of the first step; falls linearly to nothing. */
const LEARNING_RATE = 5e-3;

/** Whom a pair of an image's global vector and one of its places must outdo, of all pairs with that vector. */
export type Rivals = "all" | "others";

/**
 * How often the contrastive task is solved for each image of a batch: the share of pairs (an image's global vector, one of
 * its own places) that score higher than that global vector does with any rival. A tie is not solved, so that equal images
 * have 0.
 *
 * `all`: with every other of the N M^2 places, the image's own too (equation 4); then at most one of an image's M^2 pairs can
 * be solved, and no share is above 1 / M^2. `others`: with places of other images, as the public code masks its own.
 *
 * @param scores N,N,M,M: [image of the place, image of the global vector, place]
 * @returns N shares, 0 to 1
 */
export function contrastiveAccuracies(scores: Tensor, rivals: Rivals): number[] {
  return scope(() => {
    const best = rivals === "all" ? secondBest(scores) : bestOfOthers(scores);
    // M,M,N: the last extent counts the images of the diagonal, as `best` does.
    return scores.diagonal(0, 0, 1).gt(best).to({ dtype: "float32" }).mean([0, 1]).toNumbers();
  });
}

/** Whoever is above the second of all is above all others. */
const secondBest = (scores: Tensor): Tensor => scores.transpose(0, 1).flatten(1).topk(2)[0].select(1, 1);

function bestOfOthers(scores: Tensor): Tensor {
  const count = scores.size(0);
  const own = torch.eye(count).view([count, count, 1, 1]).gt(0);
  return scores.maskedFill(own, Number.NEGATIVE_INFINITY).amax([0, 2, 3]);
}

/** A discriminator's encoder with InfoMax-GAN's critics. */
export class Contrast extends nn.Module {
  readonly encoder: Discriminator;
  readonly critics: InfomaxCritics;

  constructor(encoder: Discriminator) {
    super();
    this.encoder = encoder;
    const { local, global } = encoder.featureShapes;
    if (local === undefined) throw new TypeError(`${FAMILY} has no local features`);
    this.critics = new InfomaxCritics(local[0], global, UNITS);
    // DCGAN's own small weights rely on batch norm.
    for (const [, module] of encoder.namedModules())
      if (module instanceof nn.WeightLayer) nn.init.kaimingUniform_(module.weight, 0.2);
  }

  scores(image: Tensor): Tensor {
    const { local, global } = this.encoder.features({ image });
    return this.critics.scores(local as Tensor, global);
  }
}

/** Weights are drawn from LibTorch's default generator, which is left as it was found. */
async function makeContrast(shape: ImageSource["shape"], seed: number): Promise<Contrast> {
  const generator = defaultGenerator("cpu");
  const before = generator.getState();
  manualSeed(seed);
  try {
    return new Contrast(await makeJudge(FAMILY, NET, shape));
  } finally {
    generator.setState(before);
  }
}

/** Images by their places in a source, as bytes. */
async function bytesAt(source: ImageSource, indices: Uint32Array): Promise<Uint8Array> {
  const size = source.shape.reduce((product, extent) => product * extent, 1);
  const bytes = new Uint8Array(indices.length * size);
  for (const [to, from] of indices.entries()) bytes.set(await source.read(from, from + 1), to * size);
  return bytes;
}

/** As a network takes them, in [-1, 1]. */
const toInput = (bytes: Uint8Array, count: number, shape: ImageSource["shape"]): Tensor =>
  torch
    .fromTypedArray(bytes, [count, ...shape])
    .to({ dtype: "float32" })
    .div_(127.5)
    .sub_(1);

function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  random.shuffle(order);
  return order;
}

/** How the network learns. */
export interface Learning {
  readonly steps: number;
  readonly batch: number;
  readonly seed: number;
  /** The loss is that of the task: equation 4, or the public code's. */
  readonly rivals: Rivals;
}

async function train(
  contrast: Contrast,
  source: ImageSource,
  { steps, batch, seed, rivals }: Learning,
  context: MetricContext,
): Promise<void> {
  const variant = rivals === "all" ? "paper" : "public";
  const parameters = contrast.parameters();
  const optimizer = new optim.Adam(parameters, { betas: [0.9, 0.99] });
  const random = new Random(seed);
  let order = shuffled(source.count, random);
  let at = 0;
  contrast.train();
  try {
    for (let step = 0; step < steps; step++) {
      if (at + batch > order.length) {
        order = shuffled(source.count, random);
        at = 0;
      }
      optimizer.learningRate = LEARNING_RATE * (1 - step / steps);
      const bytes = await bytesAt(source, order.subarray(at, at + batch));
      at += batch;
      const loss = scope(() => {
        const value = contrastiveLoss(contrast.scores(toInput(bytes, batch, source.shape)), variant);
        // The last layer, D's score, has no part in it.
        optimizer.step(grad(value, parameters, { allowUnused: true }));
        return value.item();
      });
      if (!Number.isFinite(loss)) throw new RunError(`the contrastive loss became ${loss} at step ${step}`);
      await pause(context, (0.8 * (step + 1)) / steps);
    }
  } finally {
    optimizer.dispose();
  }
}

/** The network that learned on these images, or the one kept from when it did. The caller disposes of it. */
export async function learned(
  source: ImageSource,
  learning: Learning,
  context: MetricContext,
): Promise<Contrast> {
  const { home, onNotice = () => {} } = context;
  const { digest, shape, count } = source;
  const contrast = await makeContrast(shape, learning.seed);
  const settings = { version: VERSION, net: NET, units: UNITS, learningRate: LEARNING_RATE, ...learning };
  const file =
    home === undefined || digest === undefined
      ? undefined
      : join(home, "cache", "contrastive", `${cacheKey({ digest, shape, count, ...settings })}.safetensors`);
  try {
    if (file === undefined || !(await loadWeights(file, contrast, onNotice))) {
      await train(contrast, source, learning, context);
      if (file !== undefined) await saveWeights(file, contrast, onNotice);
    }
    contrast.eval();
    return contrast;
  } catch (error) {
    contrast.dispose();
    throw error;
  }
}

/** Images that met in one batch, and how often the task was solved for each. */
export interface JudgedBatch {
  readonly indices: Uint32Array;
  readonly accuracies: readonly number[];
}

/** The accuracies of each whole batch of `count` images, in an order of the seed's. */
export async function judge(
  contrast: Contrast,
  source: ImageSource,
  { batch, seed, rivals, count }: Omit<Learning, "steps"> & { readonly count: number },
  onBatch: (share: number) => Promise<void>,
): Promise<JudgedBatch[]> {
  const order = shuffled(source.count, new Random(seed));
  const found: JudgedBatch[] = [];
  for (let at = 0; at + batch <= count; at += batch) {
    const indices = order.slice(at, at + batch);
    const bytes = await bytesAt(source, indices);
    const accuracies = noGrad(() =>
      scope(() => contrastiveAccuracies(contrast.scores(toInput(bytes, batch, source.shape)), rivals)),
    );
    found.push({ indices, accuracies });
    await onBatch(at / count);
  }
  return found;
}

/** The accuracy of each batch. */
export const accuraciesOf = (batches: readonly JudgedBatch[]): number[] =>
  batches.map(({ accuracies }) => accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length);

/**
 * Contrastive-task accuracy. The encoder of a discriminator and InfoMax-GAN's critics learn, on real images, to tell whose
 * places are whose; the score is how often they can with generated ones: the less the images differ, the harder. With all
 * places as rivals it is at most 1 / M^2; see contrastiveAccuracies().
 * `detail.real` has the accuracy on as many of the real images.
 */
export default defineMetric({
  name: "contrastive",
  summary:
    "how often a network that learned on real images whose parts are whose can tell it of generated ones",
  source: "Lee, Tran, Cheung 2021 (InfoMax-GAN), equation 4, section 3.3 and figure 3; kwotsin/mimicry",
  needs: ["images"],
  comparesWithReal: true,
  options: z.strictObject({
    steps: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(800)
      .describe("training steps of the network, on real images"),
    batch: z
      .int()
      .min(2)
      .max(65_536)
      .default(64)
      .describe("N: images told apart at a time; another N is another task"),
    rivals: z
      .enum(["all", "others"])
      .default("all")
      .describe(
        "which places must score lower: all, the image's own too (paper); others: of other images (public)",
      ),
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .default(0)
      .describe("of weights, of batches, and of who is told from whom"),
  }),
  async check({ batch }, { fake, real = 0, shape }) {
    const least = Math.min(fake, real);
    if (batch > least)
      throw new UsageError(
        `contrastive: a batch of ${batch} needs as many images of each kind, and there are ${least}: give contrastive:batch=${Math.max(1, least)} or fewer`,
      );
    await checkJudge(FAMILY, NET, shape);
  },
  async score({ steps, batch, seed, rivals }, pair, context = {}) {
    const real = realOf("contrastive", pair);
    const { fake } = pair;
    const side = ({ count, conventions: { quantisation = "none" } }: Samples): ScoreSide => ({
      count,
      network: undefined,
      conventions: { quantisation },
    });
    const contrast = await learned(real.images(), { steps, batch, seed, rivals }, context);
    try {
      const order = { batch, seed, rivals };
      const onFake = await judge(contrast, fake.images(), { ...order, count: fake.count }, (share) =>
        pause(context, 0.8 + 0.1 * share),
      );
      const found = meanAndDeviation(accuraciesOf(onFake));
      const count = Math.min(fake.count, real.count);
      const onReal = await judge(contrast, real.images(), { ...order, count }, (share) =>
        pause(context, 0.9 + 0.1 * share),
      );
      return [
        makeScore(
          { fake: side(fake), real: side(real) },
          {
            metric: "contrastive",
            value: found.mean,
            deviation: found.deviation,
            better: "higher",
            seed,
            conventions: {
              steps,
              batch,
              rivals: rivals === "all" ? "all other places" : "places of other images",
              ties: "not solved",
            },
            detail: { real: [meanAndDeviation(accuraciesOf(onReal)).mean] },
          },
        ),
      ];
    } finally {
      contrast.dispose();
    }
  },
});
