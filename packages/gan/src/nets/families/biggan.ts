import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { UsageError } from "../../errors.js";
import { Generator } from "../contract.js";
import { defineFamily, type NetRequest } from "../family.js";
import { ConditionalBatchNorm2d } from "../layers/conditionalBatchNorm.js";
import { GBlock } from "../layers/gBlock.js";
import { ProjectedBatchNorm2d } from "../layers/projectedBatchNorm.js";
import { SelfAttention } from "../layers/selfAttention.js";
import { xavierConv2d, xavierLinear } from "../layers/xavier.js";
import type { Prior } from "../prior.js";
import {
  blockBefore,
  checkAttention,
  ResNetDiscriminator,
  type ResNetPlan,
  resnetEncoder,
  sidesInG,
} from "./resnet.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(1)
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
    .nullable()
    .default(null)
    .describe(
      "length of a class's vector, which all of G's norms read (128 at 128 pixels); null: each has its own",
    ),
  hierarchical: z
    .boolean()
    .default(false)
    .describe("the latent is shared out: a part for G's first layer, one for each block's norms"),
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

function planFor(shape: readonly number[], channels: number): ResNetPlan {
  const plan = PLANS[shape[1] ?? 0];
  if (plan === undefined || shape.length !== 3)
    throw new Error(`no biggan networks for the shape [${shape}]`);
  const scaled = (widths: readonly number[]) => widths.map((width) => width * channels);
  return { ...plan, generator: scaled(plan.generator), discriminator: scaled(plan.discriminator) };
}

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

class BigganGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override readonly classes: number | undefined;
  readonly shared: nn.Embedding | undefined;
  readonly linear: nn.Linear;
  readonly blocks: readonly GBlock[];
  readonly attention: SelfAttention | undefined;
  readonly norm: nn.BatchNorm2d;
  readonly conv: nn.Conv2d;
  readonly #base: readonly [channels: number, height: number, width: number];
  /** Length of a part of the latent. */
  readonly #part: number;
  /** The block behind which attention stands. */
  readonly #attended: number;

  constructor(o: Options, { data, prior, classes }: NetRequest) {
    super();
    const { sharedSize, hierarchical } = o;
    if (hierarchical && sharedSize === null)
      throw new UsageError(
        "net.hierarchical: parts of the latent join the vector of the class that G's norms read; set net.sharedSize=128 too",
      );
    if (sharedSize !== null && classes === undefined)
      throw new UsageError(
        "net.sharedSize is the length of a class's vector; set conditional=true, or leave it out",
      );
    this.prior = prior;
    this.outputShape = data.shape;
    this.classes = classes;
    const plan = planFor(data.shape, o.channels);
    const { base, generator: widths } = plan;
    const parts = hierarchical ? widths.length : 1;
    if (prior.size % parts !== 0)
      throw new UsageError(
        `net.hierarchical: a latent of ${prior.size} does not divide into ${parts} equal parts; set net.prior.size to a multiple of ${parts}`,
      );
    this.#part = prior.size / parts;
    this.#base = [widths[0]!, base, base];
    if (sharedSize !== null && classes !== undefined) this.shared = new nn.Embedding(classes, sharedSize);
    this.linear = xavierLinear(this.#part, widths[0]! * base * base, { spectralNorm: true });
    const norm = conditionalNorm(
      classes,
      sharedSize === null ? undefined : sharedSize + (parts > 1 ? this.#part : 0),
    );
    this.blocks = widths
      .slice(1)
      .map((width, block) => new GBlock(widths[block]!, width, { norm, spectralNorm: true }));
    this.#attended = blockBefore(sidesInG(plan), o.attention);
    if (this.#attended >= 0) this.attention = new SelfAttention(widths[this.#attended + 1]!);
    this.norm = new nn.BatchNorm2d(widths.at(-1)!);
    this.conv = xavierConv2d(widths.at(-1)!, data.shape[0]!, { kernelSize: 3, spectralNorm: true });
    initialise(this, o);
  }

  forward(latent: Tensor, label?: Tensor): Tensor {
    if (this.classes !== undefined && label === undefined)
      throw new Error("a conditional generator needs the labels of what it makes");
    const [first, ...rest] = latent.split(this.#part, 1) as [Tensor, ...Tensor[]];
    const shared = this.shared?.forward(label as Tensor);
    let map = this.linear
      .forward(first)
      .view([-1, ...this.#base])
      .contiguous({ memoryFormat: "channelsLast" });
    for (const [i, block] of this.blocks.entries()) {
      const own = rest[i];
      const vector = shared !== undefined && own !== undefined ? torch.cat([shared, own], 1) : shared;
      map = block.forward(map, vector ?? label);
      if (i === this.#attended) map = this.attention!.forward(map);
    }
    return this.conv.forward(this.norm.activated(map, 0)).tanh();
  }
}

/** What makes a block's norms: of the vector of so many numbers, of the class, or plain ones. */
function conditionalNorm(classes: number | undefined, vector: number | undefined) {
  if (vector !== undefined) return (features: number) => new ProjectedBatchNorm2d(features, vector);
  if (classes !== undefined) return (features: number) => new ConditionalBatchNorm2d(features, classes);
  return undefined;
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
  check({ channels, attention }, data) {
    const [, height = 0, width] = data.shape;
    if (data.kind !== "images" || height !== width || PLANS[height] === undefined)
      return `the biggan networks are for square images of ${Object.keys(PLANS).join(", ")} pixels, not [${data.shape}]; set data.size`;
    return checkAttention(attention, height, planFor(data.shape, channels));
  },
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
