import { nn, type Tensor } from "@gantry/torch";
import { z } from "zod";
import type { Sample } from "../../game/sample.js";
import {
  Discriminator,
  Encoder,
  type Encoding,
  type FeatureShapes,
  type Features,
  Generator,
} from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { DBlock } from "../layers/dBlock.js";
import { drawLatent } from "../layers/gaussian.js";
import { GBlock } from "../layers/gBlock.js";
import { JointHead } from "../layers/jointHead.js";
import { OptimizedDBlock } from "../layers/optimizedDBlock.js";
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

function planFor(shape: readonly number[], channels: number): ResNetPlan {
  const plan = RESNET_PLANS[shape[1] ?? 0];
  if (plan === undefined || shape.length !== 3)
    throw new Error(`no resnet networks for the shape [${shape}]`);
  const scaled = (widths: readonly number[]) => widths.map((width) => (width * channels) / FULL_CHANNELS);
  return { ...plan, generator: scaled(plan.generator), discriminator: scaled(plan.discriminator) };
}

class ResNetGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override readonly classes: number | undefined;
  readonly linear: nn.Linear;
  readonly blocks: readonly GBlock[];
  readonly norm: nn.BatchNorm2d;
  readonly conv: nn.Conv2d;
  readonly #base: readonly [channels: number, height: number, width: number];

  constructor({ channels, upsampling }: Pick<Options, "channels" | "upsampling">, request: NetRequest) {
    super();
    const { data, prior, classes } = request;
    this.prior = prior;
    this.outputShape = data.shape;
    this.classes = classes;
    const { base, generator: widths } = planFor(data.shape, channels);
    this.#base = [widths[0]!, base, base];
    this.linear = xavierLinear(prior.size, widths[0]! * base * base);
    this.blocks = widths
      .slice(1)
      .map((width, block) => new GBlock(widths[block]!, width, { upsampling, classes }));
    this.norm = new nn.BatchNorm2d(widths.at(-1)!);
    this.conv = xavierConv2d(widths.at(-1)!, data.shape[0]!, { kernelSize: 3 });
  }

  forward(latent: Tensor, label?: Tensor): Tensor {
    let map = this.linear
      .forward(latent)
      .view([-1, ...this.#base])
      .contiguous({ memoryFormat: "channelsLast" });
    for (const block of this.blocks) map = block.forward(map, label);
    return this.conv.forward(this.norm.activated(map, 0)).tanh();
  }
}

/** What ResNetDiscriminator needs of the options. */
export interface ResNetDiscriminatorOptions extends Omit<Options, "upsampling"> {
  /** Whether the last layer has a bias. Default true. */
  readonly bias?: boolean;
}

/**
 * Blocks, ReLU, pooling, one linear layer; with classes, the projection of Miyato, Koyama 2018 is added to the score:
 * the inner product of the features with a learned vector of the class. With a latent, a JointHead reads both.
 */
export class ResNetDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly blocks: readonly nn.Layer[];
  readonly joint: JointHead | undefined;
  readonly last: nn.Linear;
  readonly embedding: nn.Embedding | undefined;
  readonly #public: boolean;
  readonly #pooling: "sum" | "mean";

  constructor(o: ResNetDiscriminatorOptions, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.#public = o.shortcutActivation === "public";
    this.#pooling = o.pooling;
    const { discriminator: widths, halvings } = planFor(inputShape, o.channels);
    const spectralNorm = o.discriminatorNorm === "spectral";
    this.blocks = widths.map((width, block) =>
      block === 0
        ? new OptimizedDBlock(inputShape[0]!, width, o.discriminatorNorm)
        : new DBlock(widths[block - 1]!, width, {
            downsample: block < halvings,
            norm: o.discriminatorNorm,
            shortcutActivation: o.shortcutActivation,
          }),
    );
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
    for (const block of this.blocks.slice(0, -1)) map = block.forward(map);
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
export class ResNetEncoder extends Encoder {
  readonly inputShape: readonly number[];
  readonly latentSize: number;
  readonly body: nn.Sequential;
  readonly #stochastic: boolean;

  constructor({ channels }: Pick<Options, "channels">, { data, prior, stochastic }: EncoderRequest) {
    super();
    this.inputShape = data.shape;
    this.latentSize = prior.size;
    this.#stochastic = stochastic;
    const { discriminator: widths, halvings } = planFor(data.shape, channels);
    const side = data.shape[1]! / 2 ** halvings;
    const output = prior.size * (stochastic ? 2 : 1);
    this.body = new nn.Sequential(
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
  }

  forward(image: Tensor): Encoding {
    const output = this.body.forward(image);
    return this.#stochastic ? drawLatent(output) : { latent: output };
  }
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
  check(_options, data) {
    const [, height, width] = data.shape;
    if (data.kind === "images" && height === width && RESNET_PLANS[height ?? 0] !== undefined)
      return undefined;
    return `the resnet networks are for square images of ${Object.keys(RESNET_PLANS).join(", ")} pixels, not [${data.shape}]; set data.size`;
  },
  generator: (o, request) => new ResNetGenerator(o, request),
  discriminator: (o, request) => new ResNetDiscriminator(o, request),
  encoder: (o, request) => new ResNetEncoder(o, request),
});
