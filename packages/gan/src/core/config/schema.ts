import { z } from "zod";
import { interval, scheduled, spanSchema } from "../base/schedule.js";
import { CONFIG_VERSION } from "../base/versions.js";

/** Points are cheap and one says little: a scatter plot shows this many for every image of a grid. */
export const POINTS_PER_IMAGE = 40;

const rate = z.number().positive();
/** A step size, which a schedule may take to 0. */
const stepSize = scheduled(rate, z.number().min(0));
/** The share of what was that a mean or a velocity keeps. */
const decay = scheduled(z.number().min(0).lt(1));
const weightDecay = scheduled(z.number().min(0))
  .default(0)
  .describe("times the weights, added to their gradients");
/** Steps of a player in one iteration: WGAN's code takes 100 at times, and more than ten times that is a slip. */
const turns = z.int().min(1).max(1000);

/** One optimizer, by PyTorch's names spelled out and with PyTorch's defaults. */
export const optimizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("adam"),
    learningRate: stepSize.default(2e-4).describe("step size"),
    betas: z.tuple([decay, decay]).default([0.5, 0.999]).describe("decay of the moments"),
    epsilon: rate.default(1e-8),
    weightDecay,
  }),
  z.strictObject({
    kind: z.literal("sgd"),
    learningRate: stepSize.default(1e-2).describe("step size"),
    momentum: decay.default(0).describe("the share of the last step that the next keeps"),
    weightDecay,
  }),
  z.strictObject({
    kind: z.literal("rmsprop"),
    learningRate: stepSize.default(5e-5).describe("step size"),
    alpha: decay.default(0.99).describe("decay of the mean square"),
    epsilon: rate.default(1e-8),
    momentum: decay.default(0).describe("the share of the last step that the next keeps"),
  }),
]);

export type OptimizerConfig = z.output<typeof optimizerSchema>;

/** Everything a run is made of. Data, network and term options are checked by whoever they belong to. */
export const configSchema = z.strictObject({
  recipe: z.string().describe("the recipe it started from"),
  data: z
    .looseObject({ name: z.string().optional(), path: z.string().optional() })
    .describe("data set and its options"),
  net: z
    .looseObject({ family: z.string(), prior: z.looseObject({}).default({}) })
    .describe("network family and its options"),
  conditional: z.boolean().default(false).describe("networks take the data's labels"),
  terms: z
    .record(z.string(), z.looseObject({ term: z.string().optional() }))
    .describe("terms by name, with their options"),
  optimizers: z
    .record(z.string(), optimizerSchema)
    .describe("optimizers by player, each laid upon `default`, which serves players not named"),
  schedule: z
    .strictObject({
      discriminatorSteps: scheduled(turns)
        .default(1)
        .describe("discriminator steps of an iteration, before the generator's"),
      generatorSteps: turns
        .default(1)
        .describe("generator steps of an iteration, each with latents of its own"),
      generatorBatch: z
        .int()
        .min(1)
        .max(1_048_576)
        .nullable()
        .default(null)
        .describe("latents of a generator step; null: as many as `batch`"),
      accumulate: z
        .int()
        .min(1)
        .max(65_536)
        .default(1)
        .describe(
          "parts in which a batch goes through the networks, their gradients added up to one update: the memory of batch / " +
            "accumulate samples; exact without batch norm",
        ),
      shareSamples: z
        .boolean()
        .default(false)
        .describe("G's step looks at the fakes of the D step before it, made once, as DCGAN's code does"),
      judgeTogether: z
        .boolean()
        .nullable()
        .default(null)
        .describe(
          "D judges reals and fakes in one pass, each normalised by its own statistics; null: where that is the same; " +
            "true: with spectral norm too, whose power iteration then moves once a step, not twice; " +
            "false: nor do R1, R2 and gradient penalties share a pass, as without batch norm they else do",
        ),
    })
    .prefault({}),
  ranks: z
    .strictObject({
      batchNorm: z
        .enum(["batch", "rank"])
        .default("batch")
        .describe("batch norms of several processes: over the whole batch, or each process's part of it"),
      coupled: z
        .enum(["batch", "rank"])
        .default("batch")
        .describe(
          "likewise what compares the images of a batch: negatives, minibatch statistics, means of scores",
        ),
    })
    .prefault({}),
  average: z
    .strictObject({
      decay: scheduled(z.number().min(0).lt(1))
        .default(0.999)
        .describe("what each iteration keeps of the average; 0: it follows the weights"),
      halfLife: spanSchema
        .nullable()
        .default(null)
        .describe("in decay's place: how long until half of the average is newer, as { images: 10000 }"),
      statistics: z
        .enum(["own", "averaged"])
        .default("own")
        .describe(
          "batch norm's running means and variances beside averaged weights: own: the network's, as AutoGAN's code; averaged: alike, as BigGAN's",
        ),
    })
    .nullable()
    .default(null)
    .describe("exponential moving average of the generator's weights"),
  batch: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(64)
    .describe("samples of an update; with schedule.accumulate they come in parts"),
  steps: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(20_000)
    .describe("iterations: turns of the whole schedule"),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe("of initial weights, data order, latents"),
  precision: z
    .enum(["float32", "bfloat16"])
    .default("float32")
    .describe("arithmetic; bfloat16 through autocast"),
  device: z
    .string()
    .regex(/^(cpu|mps|cuda)(:\d+)?$/, "must be cpu, cuda, cuda:N or mps")
    .default("cpu"),
  threads: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe("threads an operator may use; null: every core that is given, for points one"),
  plain: z
    .array(z.string())
    .default([])
    .describe("rewrites of the arithmetic that are switched off: computed as the networks write it"),
  intervals: z
    .strictObject({
      log: interval.default(50).describe("iterations between log lines; or { epochs: n }"),
      sample: interval.default(500).describe("iterations between sample grids; or { epochs: n }"),
      checkpoint: interval.default(500).describe("iterations between checkpoints; or { epochs: n }"),
      checkpointMinutes: z
        .number()
        .positive()
        .nullable()
        .default(10)
        .describe("minutes after which there is one in any case; null: iterations alone count"),
    })
    .prefault({}),
  evaluation: z
    .strictObject({
      every: interval.describe(
        "iterations between evaluations, or { epochs: n }; the last iteration is evaluated too",
      ),
      metrics: z
        .string()
        .nullable()
        .default(null)
        .describe("as for 'gantry eval --metrics': fid,kid:subsets=10; null: its default for such data"),
      samples: z
        .int()
        .min(1)
        .max(10_000_000)
        .nullable()
        .default(null)
        .describe("generated for each; null: 10000 images"),
      best: z
        .string()
        .nullable()
        .default(null)
        .describe("the metric or score by which the best checkpoint is kept; null: the first"),
      network: z
        .string()
        .min(1)
        .nullable()
        .default(null)
        .describe("through which images are looked at, as for 'gantry eval --network'; null: as there"),
      resize: z
        .enum(["refuse", "lanczos3"])
        .default("refuse")
        .describe(
          "images of another size than a classifier's: refuse them, or scale them to it by Lanczos 3",
        ),
    })
    .nullable()
    .default(null)
    .describe("evaluations during training"),
  keep: z.int().min(1).default(2).describe("checkpoints kept, the newest; older ones are deleted"),
  samples: z
    .int()
    .min(1)
    .max(4096)
    .default(64)
    .describe("images in a sample grid, points in a scatter plot are 40 times as many"),
  version: z
    .int()
    .min(1)
    .max(CONFIG_VERSION)
    .default(CONFIG_VERSION)
    .describe("of what settings mean, and are where they are not said; written by Gantry"),
});

/** A configuration with every default filled in: what a run directory's config.json holds. Plain JSON. */
export type Config = z.output<typeof configSchema>;
