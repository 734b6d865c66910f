import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import type { Sample } from "../../game/sample.js";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { Discriminator, type FeatureShapes, type Features, Generator } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { ConditionalBatchNorm2d } from "../layers/conditionalBatchNorm.js";
import { type BlockNorm, DBlock, type ShortcutActivation } from "../layers/dBlock.js";
import { GBlock } from "../layers/gBlock.js";
import { JointHead } from "../layers/jointHead.js";
import { OptimizedDBlock } from "../layers/optimizedDBlock.js";
import { SelfAttention } from "../layers/selfAttention.js";
import { xavierConv2d, xavierLinear } from "../layers/xavier.js";
import type { Prior } from "../prior.js";

/** D's width at 32 pixels in the papers: what `channels` is measured against. */
export const FULL_CHANNELS = 128;

const options = z.strictObject({
  channels: z
    .int()
    .min(2)
    .multipleOf(2, "must be even")
    .default(FULL_CHANNELS)
    .describe("width of D at 32 pixels (G's is twice that there); every other width scales with it"),
  upsampling: z
    .enum(["nearest", "bilinear"])
    .default("nearest")
    .describe("of G; nearest: the paper's code; bilinear: kwotsin/mimicry"),
  shortcutActivation: z
    .enum(["preactivated", "public"])
    .default("preactivated")
    .describe("what D's shortcuts and local features are; public: their ReLU, as in kwotsin/mimicry"),
  discriminatorNorm: z
    .enum(["spectral", "none"])
    .default("spectral")
    .describe("of D's layers; none for gradient penalties"),
  pooling: z
    .enum(["sum", "mean"])
    .default("sum")
    .describe("of D's last map over its places; mean: WGAN-GP's code"),
  generatorSpectralNorm: z
    .boolean()
    .default(false)
    .describe("of G's layers too, beside its batch norm (SAGAN)"),
  attention: z
    .int()
    .nullable()
    .default(null)
    .describe("side of the map, in G and in D, after which self-attention stands (SAGAN); null: none"),
});

type Options = z.output<typeof options>;

/** Widths are those of the papers; scaled by channels / FULL_CHANNELS. */
export interface ResNetPlan {
  /** Side of G's first map. */
  readonly base: number;
  /** G's widths: of its first map, then of what each block makes. */
  readonly generator: readonly number[];
  /** What each of D's blocks makes. */
  readonly discriminator: readonly number[];
  /** How many of D's blocks, from the first, halve the size. */
  readonly halvings: number;
}

/** What D's body is made of. */
export type ResNetBody = Pick<ResNetPlan, "discriminator" | "halvings">;

/** By side of the image. Source: kwotsin/mimicry, which has them from pfnet-research/sngan_projection. */
export const RESNET_PLANS: Readonly<Record<number, ResNetPlan>> = {
  32: { base: 4, generator: [256, 256, 256, 256], discriminator: [128, 128, 128, 128], halvings: 2 },
  48: { base: 6, generator: [512, 256, 128, 64], discriminator: [64, 128, 256, 512, 1024], halvings: 4 },
  64: {
    base: 4,
    generator: [1024, 512, 256, 128, 64],
    discriminator: [64, 128, 256, 512, 1024],
    halvings: 5,
  },
  128: {
    base: 4,
    generator: [1024, 1024, 512, 256, 128, 64],
    discriminator: [64, 128, 256, 512, 1024, 1024],
    halvings: 5,
  },
};

/** The plan for images of a shape, its widths scaled. */
export function resnetPlan(shape: readonly number[], channels: number): ResNetPlan {
  const plan = RESNET_PLANS[shape[1] ?? 0];
  if (plan === undefined || shape.length !== 3)
    throw new Error(`no resnet networks for the shape [${shape}]`);
  const scaled = (widths: readonly number[]) => widths.map((width) => (width * channels) / FULL_CHANNELS);
  return { ...plan, generator: scaled(plan.generator), discriminator: scaled(plan.discriminator) };
}

/** Sides of the maps that D's blocks make of an image, but for the last one's. */
const sidesInD = (side: number, { discriminator, halvings }: ResNetBody) =>
  discriminator.slice(0, -1).map((_, block) => side / 2 ** Math.min(block + 1, halvings));

/** Sides of the maps that G's blocks make, but for the last one's. */
export const sidesInG = ({ base, generator }: Pick<ResNetPlan, "base" | "generator">) =>
  generator.slice(1, -1).map((_, block) => base * 2 ** (block + 1));

/** The first block that makes a map of a side, from the sides of all; -1 where no side is asked for. */
export const blockBefore = (sides: readonly number[], attention: number | null) =>
  attention === null ? -1 : sides.indexOf(attention);

/** Why self-attention cannot stand after maps of a side, and what to do; undefined where it can, or is not asked for. */
export function checkAttention(attention: number | null, side: number, plan: ResNetPlan): string | undefined {
  const both = sidesInG(plan).filter((each) => sidesInD(side, plan).includes(each));
  if (attention === null || both.includes(attention)) return undefined;
  return `net.attention=${attention}: G and D have no such map in common at ${side} pixels; take ${both.join(", ")}, or null`;
}

class ResNetGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override readonly classes: number | undefined;
  readonly linear: nn.Linear;
  readonly blocks: readonly GBlock[];
  readonly attention: SelfAttention | undefined;
  readonly norm: nn.BatchNorm2d;
  readonly conv: nn.Conv2d;
  readonly #base: readonly [channels: number, height: number, width: number];
  /** The block behind which attention stands. */
  readonly #attended: number;

  constructor(o: Options, request: NetRequest) {
    super();
    const { data, prior, classes } = request;
    const { upsampling, generatorSpectralNorm: spectralNorm } = o;
    this.prior = prior;
    this.outputShape = data.shape;
    this.classes = classes;
    const plan = resnetPlan(data.shape, o.channels);
    const { base, generator: widths } = plan;
    this.#base = [widths[0]!, base, base];
    this.linear = xavierLinear(prior.size, widths[0]! * base * base, { spectralNorm });
    const norm =
      classes === undefined ? undefined : (width: number) => new ConditionalBatchNorm2d(width, classes);
    this.blocks = widths
      .slice(1)
      .map((width, block) => new GBlock(widths[block]!, width, { upsampling, norm, spectralNorm }));
    this.#attended = blockBefore(sidesInG(plan), o.attention);
    if (this.#attended >= 0) this.attention = new SelfAttention(widths[this.#attended + 1]!);
    this.norm = new nn.BatchNorm2d(widths.at(-1)!);
    this.conv = xavierConv2d(widths.at(-1)!, data.shape[0]!, { kernelSize: 3, spectralNorm });
  }

  forward(latent: Tensor, label?: Tensor): Tensor {
    let map = this.linear
      .forward(latent)
      .view([-1, ...this.#base])
      .contiguous({ memoryFormat: "channelsLast" });
    for (const [i, block] of this.blocks.entries()) {
      map = block.forward(map, label);
      if (i === this.#attended) map = this.attention!.forward(map);
    }
    return this.conv.forward(this.norm.activated(map, 0)).tanh();
  }
}

export interface ResNetDiscriminatorOptions extends ResNetBody {
  /** Default preactivated. */
  readonly shortcutActivation?: ShortcutActivation;
  /** Default spectral. */
  readonly norm?: BlockNorm;
  /** Default sum. */
  readonly pooling?: "sum" | "mean";
  /** Whether the last layer has a bias. Default true. */
  readonly bias?: boolean;
  /** Whether blocks but the first are as wide between their convolutions as behind them. Default false: as before them. */
  readonly wide?: boolean;
  /** Side of the map after which self-attention stands. Default null: none. */
  readonly attention?: number | null;
}

/**
 * Blocks, ReLU, pooling, one linear layer; with classes, the projection of Miyato, Koyama 2018 is added to the score:
 * the inner product of the features with a learned vector of the class. With a latent, a JointHead reads both.
 */
export class ResNetDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly blocks: readonly nn.Layer[];
  readonly attention: SelfAttention | undefined;
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;
  readonly embedding: nn.Embedding | undefined;
  readonly #public: boolean;
  readonly #pooling: "sum" | "mean";
  /** The block behind which attention stands. */
  readonly #attended: number;

  constructor(o: ResNetDiscriminatorOptions, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    const {
      shortcutActivation = "preactivated",
      norm = "spectral",
      pooling = "sum",
      wide = false,
      attention = null,
    } = o;
    this.inputShape = inputShape;
    this.#public = shortcutActivation === "public";
    this.#pooling = pooling;
    const { discriminator: widths, halvings } = o;
    const spectralNorm = norm === "spectral";
    this.blocks = widths.map((width, block) => {
      if (block === 0) return new OptimizedDBlock(inputShape[0]!, width, norm);
      const before = widths[block - 1]!;
      const hidden = wide ? width : before;
      return new DBlock(before, width, { downsample: block < halvings, norm, shortcutActivation, hidden });
    });
    this.#attended = blockBefore(sidesInD(inputShape[1]!, o), attention);
    if (this.#attended >= 0) this.attention = new SelfAttention(widths[this.#attended]!);
    const width = widths.at(-1)!;
    if (latentSize > 0) this.joint = new JointHead(width, latentSize, width, { spectralNorm });
    this.last = xavierLinear(width, 1, { spectralNorm, bias: o.bias });
    if (classes !== undefined) {
      this.embedding = new nn.Embedding(classes, width, { spectralNorm });
      nn.init.xavierUniform_(this.embedding.weight);
    }
    const side = inputShape[1]! / 2 ** Math.min(halvings, widths.length - 1);
    this.featureShapes = { local: [widths.at(-2)!, side, side], global: width };
  }

  features({ image, latent }: Sample): Features {
    let map = image;
    for (const [i, block] of this.blocks.slice(0, -1).entries()) {
      map = block.forward(map);
      if (i === this.#attended) map = this.attention!.forward(map);
    }
    const local = this.#public ? map.relu() : map;
    const final = this.blocks.at(-1)!.forward(local).relu();
    const pooled = this.#pooling === "sum" ? final.sum([2, 3]) : final.mean([2, 3]);
    return { local, global: this.joint?.forward(pooled, latent) ?? pooled };
  }

  protected verdict({ global }: Features, { label }: Sample): Tensor {
    const score = this.last.forward(global).squeezeAt(1);
    if (this.embedding === undefined) return score;
    if (label === undefined)
      throw new Error("a conditional discriminator needs the labels of what it judges");
    return score.add(this.embedding.forward(label).mul(global).sum([1]));
  }
}

/** D's mirror: batch norm for spectral norm, and every place of the last map read, so that it can say where things are. */
export function resnetEncoder(
  { discriminator: widths, halvings }: ResNetBody,
  request: EncoderRequest,
): BodyEncoder {
  const { data, stochastic } = request;
  const side = data.shape[1]! / 2 ** halvings;
  const output = encodingSize(request);
  const body = new nn.Sequential(
    ...widths.map((width, block) =>
      block === 0
        ? new OptimizedDBlock(data.shape[0]!, width, "batch")
        : new DBlock(widths[block - 1]!, width, { downsample: block < halvings, norm: "batch" }),
    ),
    new nn.BatchNorm2d(widths.at(-1)!),
    new nn.ReLU(),
    new nn.Flatten(),
    xavierLinear(widths.at(-1)! * side * side, output, { bias: stochastic }),
    // Brings deterministic latents to the scale of the prior, as the encoder of the dcgan family does.
    ...(stochastic ? [] : [new nn.BatchNorm1d(output)]),
  );
  return new BodyEncoder(request, body);
}

/**
 * The residual networks of SNGAN, SSGAN, InfoMax-GAN and projection cGANs. Weights: Xavier-uniform, gain sqrt 2 in the
 * blocks' 3x3 convolutions; biases PyTorch's. Weights of the public PyTorch code need `upsampling` bilinear and
 * `shortcutActivation` public.
 */
export default defineFamily({
  name: "resnet",
  summary: "residual networks with spectral norm in D, 32, 48, 64 or 128 pixels, with an encoder",
  source: "Miyato et al. 2018 (SNGAN), tables 3-5; kwotsin/mimicry",
  conditional: true,
  options,
  check({ channels, attention }, data) {
    const [, height = 0, width] = data.shape;
    if (data.kind !== "images" || height !== width || RESNET_PLANS[height] === undefined)
      return `the resnet networks are for square images of ${Object.keys(RESNET_PLANS).join(", ")} pixels, not [${data.shape}]; set data.size`;
    return checkAttention(attention, height, resnetPlan(data.shape, channels));
  },
  generator: (o, request) => new ResNetGenerator(o, request),
  discriminator: ({ channels, discriminatorNorm: norm, ...o }, request) =>
    new ResNetDiscriminator({ ...o, norm, ...resnetPlan(request.inputShape, channels) }, request),
  encoder: ({ channels }, request) => resnetEncoder(resnetPlan(request.data.shape, channels), request),
});
