import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../../base/errors.js";
import { checkShape } from "../checkShape.js";
import { defineFamily, type NetRequest } from "../family.js";
import { ConditionalBatchNorm2d } from "../layers/conditionalBatchNorm.js";
import { generatorNormOptions, type NormMakers, normMakers } from "../layers/generatorNorm.js";
import { ProjectedBatchNorm2d } from "../layers/projectedBatchNorm.js";
import { ResNetDiscriminator } from "../residual/discriminator.js";
import { resnetEncoder } from "../residual/encoder.js";
import { ResidualGenerator } from "../residual/generator.js";
import { checkAttention, type ResNetPlan, scaledPlan } from "../residual/plan.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
    .max(16_384)
    .default(64)
    .describe("what all widths are multiples of: 64 for CIFAR-10, 96 at 128 pixels"),
  attention: z
    .int()
    .nullable()
    .default(null)
    .describe("side of the map, in G and in D, after which self-attention stands; null: none"),
  sharedSize: z
    .int()
    .min(1)
    .max(16_384)
    .nullable()
    .default(null)
    .describe(
      "length of a class's vector, which all of G's norms read (128 at 128 pixels); null: each has its own",
    ),
  hierarchical: z
    .boolean()
    .default(false)
    .describe("the latent is shared out: a part for G's first layer, one for each block's norms"),
  ...generatorNormOptions,
  initialization: z
    .enum(["normal", "orthogonal"])
    .default("normal")
    .describe("of weights; normal: N(0, 0.02)"),
});

type Options = z.output<typeof options>;

/** By side of the image; widths in `channels`. Source: BigGAN-PyTorch, G_arch and D_arch. */
const PLANS: Readonly<Record<number, ResNetPlan>> = {
  32: { base: 4, generator: [4, 4, 4, 4], discriminator: [4, 4, 4, 4], halvings: 2 },
  64: { base: 4, generator: [16, 16, 8, 4, 2], discriminator: [1, 2, 4, 8, 16], halvings: 4 },
  128: { base: 4, generator: [16, 16, 8, 4, 2, 1], discriminator: [1, 2, 4, 8, 16, 16], halvings: 5 },
};

const planFor = (shape: readonly number[], channels: number) => scaledPlan(PLANS, shape, channels);

/** Biases keep PyTorch's. The scales of a class are 1 and what its other weights are. */
function initialise<T extends nn.Module>(network: T, { initialization }: Options): T {
  const fill = (weight: Tensor) =>
    initialization === "normal" ? nn.init.normal_(weight, 0, 0.02) : nn.init.orthogonal_(weight);
  const byClass = new Set<nn.Module>();
  for (const [, layer] of network.namedModules()) {
    if (layer instanceof ConditionalBatchNorm2d) {
      const { weight } = layer.embedding;
      byClass.add(layer.embedding);
      scope(() =>
        noGrad(() => {
          const halves = weight.chunk(2, 1).map((half) => fill(torch.empty(half.shape)));
          weight.copy_(torch.cat([halves[0]!.add(1), halves[1]!], 1));
        }),
      );
    } else if (layer instanceof nn.WeightLayer && !byClass.has(layer)) fill(layer.weight);
  }
  return network;
}

/** What makes a block's norms: of the vector of so many numbers, of the class, or plain ones. */
function conditionalNorm(classes: number | undefined, vector: number | undefined, makers: NormMakers) {
  if (vector !== undefined) return (features: number) => new ProjectedBatchNorm2d(features, vector, makers);
  if (classes !== undefined)
    return (features: number) => new ConditionalBatchNorm2d(features, classes, makers);
  return undefined;
}

/**
 * Length of a part of the latent.
 * @throws UsageError for options that do not go together
 */
function partOf(
  { sharedSize, hierarchical }: Options,
  { generator }: ResNetPlan,
  request: NetRequest,
): number {
  const { prior, classes } = request;
  if (hierarchical && sharedSize === null)
    throw new UsageError(
      "net.hierarchical: parts of the latent join the vector of the class that G's norms read; set net.sharedSize=128 too",
    );
  if (sharedSize !== null && classes === undefined)
    throw new UsageError(
      "net.sharedSize is the length of a class's vector; set conditional=true, or leave it out",
    );
  if (hierarchical && prior.codes.length > 0)
    throw new UsageError(
      "net.hierarchical: a latent with codes cannot be shared out, as codes would be cut; leave out the term that brings them, or set net.hierarchical=false",
    );
  const parts = hierarchical ? generator.length : 1;
  if (prior.size % parts !== 0)
    throw new UsageError(
      `net.hierarchical: a latent of ${prior.size} does not divide into ${parts} equal parts; set net.prior.size to a multiple of ${parts}`,
    );
  return prior.size / parts;
}

class BigganGenerator extends ResidualGenerator {
  readonly shared: nn.Embedding | undefined;
  readonly #part: number;

  constructor(o: Options, request: NetRequest) {
    const { classes } = request;
    const { sharedSize, hierarchical, attention } = o;
    const plan = planFor(request.data.shape, o.channels);
    const part = partOf(o, plan, request);
    const vector = sharedSize === null ? undefined : sharedSize + (hierarchical ? part : 0);
    const norm = conditionalNorm(classes, vector, normMakers(o));
    super(request, { plan, inputs: part, norm, norms: o, spectralNorm: true, attention });
    this.#part = part;
    if (sharedSize !== null && classes !== undefined) this.shared = new nn.Embedding(classes, sharedSize);
    initialise(this, o);
  }

  protected make(latent: Tensor, label: Tensor | undefined): Tensor {
    const [first, ...rest] = latent.split(this.#part, 1) as [Tensor, ...Tensor[]];
    const shared = this.shared?.forward(label as Tensor);
    return this.image(first, (block) => {
      const own = rest[block];
      return shared !== undefined && own !== undefined ? torch.cat([shared, own], 1) : (shared ?? label);
    });
  }
}

/**
 * BigGAN's networks: residual blocks with spectral norm in G too, classes in every norm of G, D's blocks as wide between
 * their convolutions as behind them, a projection in D. Without labels they are plain.
 */
export default defineFamily({
  name: "biggan",
  summary: "BigGAN's residual networks, classes in every norm of G, 32, 64 or 128 pixels, with an encoder",
  source: "Brock et al. 2019 (BigGAN), appendix B; ajbrock/BigGAN-PyTorch",
  conditional: true,
  options,
  check: ({ channels, attention }, data) =>
    checkShape("biggan", PLANS, data) ??
    checkAttention(attention, data.shape[1]!, planFor(data.shape, channels)),
  generator: (o, request) => new BigganGenerator(o, request),
  discriminator: (o, request) =>
    initialise(
      new ResNetDiscriminator(
        { ...planFor(request.inputShape, o.channels), attention: o.attention, wide: true },
        request,
      ),
      o,
    ),
  encoder: (o, request) => initialise(resnetEncoder(planFor(request.data.shape, o.channels), request), o),
});
