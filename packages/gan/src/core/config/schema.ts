import { z } from "zod";
import { isObject, merge } from "../base/json.js";
import { validate } from "../base/validate.js";

/** Points are cheap and one says little: a scatter plot shows this many for every image of a grid. */
export const POINTS_PER_IMAGE = 40;

const rate = z.number().positive();
/** Steps of a player in one iteration, whose list is made at once. */
const turns = z.int().min(1).max(100_000);

/** One optimizer, by PyTorch's names spelled out and with PyTorch's defaults. */
export const optimizerSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("adam"),
    learningRate: rate.default(2e-4).describe("step size"),
    betas: z
      .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
      .default([0.5, 0.999])
      .describe("decay of the moments"),
    epsilon: rate.default(1e-8),
    weightDecay: z.number().min(0).default(0),
  }),
  z.strictObject({
    kind: z.literal("sgd"),
    learningRate: rate.default(1e-2).describe("step size"),
    momentum: z.number().min(0).lt(1).default(0),
    weightDecay: z.number().min(0).default(0),
  }),
  z.strictObject({
    kind: z.literal("rmsprop"),
    learningRate: rate.default(5e-5).describe("step size"),
    alpha: z.number().min(0).lt(1).default(0.99).describe("decay of the mean square"),
    epsilon: rate.default(1e-8),
    momentum: z.number().min(0).lt(1).default(0),
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
      discriminatorSteps: turns
        .default(1)
        .describe("discriminator steps of an iteration, before the generator's"),
      generatorSteps: turns
        .default(1)
        .describe("generator steps of an iteration, each with latents of its own"),
      generatorBatch: z
        .int()
        .min(1)
        .nullable()
        .default(null)
        .describe("latents of a generator step; null: as many as `batch`"),
      decay: z
        .enum(["none", "linear"])
        .default("none")
        .describe("learning rates: constant, or linearly to 0 at the last iteration"),
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
      burst: z
        .strictObject({ steps: turns, first: z.int().min(0), every: z.int().min(1) })
        .nullable()
        .default(null)
        .describe("more discriminator steps in the first iterations and every so often (WGAN's code)"),
    })
    .prefault({}),
  average: z
    .strictObject({
      decay: z.number().min(0).lt(1).default(0.999).describe("what each step keeps of the average"),
      start: z
        .int()
        .min(0)
        .default(0)
        .describe("first iteration that averages; before, the average follows the weights"),
    })
    .nullable()
    .default(null)
    .describe("exponential moving average of the generator's weights"),
  batch: z.int().min(1).default(64).describe("samples in a batch"),
  steps: z.int().min(1).default(20_000).describe("iterations: turns of the whole schedule"),
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
      log: z.int().min(1).default(50).describe("iterations between log lines"),
      sample: z.int().min(1).default(500).describe("iterations between sample grids"),
      checkpoint: z.int().min(1).default(500).describe("iterations between checkpoints"),
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
      every: z.int().min(1).describe("iterations between evaluations; the last iteration is evaluated too"),
      metrics: z
        .string()
        .nullable()
        .default(null)
        .describe("as for 'gantry eval --metrics': fid,kid:subsets=10; null: its default for such data"),
      samples: z.int().min(1).nullable().default(null).describe("generated for each; null: 10000 images"),
      best: z
        .string()
        .nullable()
        .default(null)
        .describe("the metric or score by which the best checkpoint is kept; null: the first"),
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
});

/** A configuration with every default filled in: what a run directory's config.json holds. Plain JSON. */
export type Config = z.output<typeof configSchema>;

/**
 * Checks what a configuration is made of, but for the options of its networks and terms: validateConfig() has them checked
 * by whom they belong to.
 * @throws UsageError
 */
export const checkConfig = (value: unknown): Config => validate(configSchema, withOptimizers(value), "");

/** Every player's optimizer laid upon the default one, so that a player's may name no more than what differs. */
function withOptimizers(value: unknown): unknown {
  if (!isObject(value) || !isObject(value.optimizers) || !isObject(value.optimizers.default)) return value;
  const { default: common, ...players } = value.optimizers;
  const commons = Object.fromEntries(Object.keys(players).map((player) => [player, common]));
  return { ...value, optimizers: { default: common, ...merge(commons, players) } };
}
