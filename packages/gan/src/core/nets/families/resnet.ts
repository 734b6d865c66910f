import type { Tensor } from "@gantry/torch";
import { z } from "zod";
import { checkShape } from "../checkShape.js";
import { defineFamily, type NetRequest } from "../family.js";
import { ConditionalBatchNorm2d } from "../layers/conditionalBatchNorm.js";
import { generatorNormOptions, normMakers } from "../layers/generatorNorm.js";
import { checkLocalLayer, localLayerSetting } from "../localLayer.js";
import { ResNetDiscriminator } from "../residual/discriminator.js";
import { resnetEncoder } from "../residual/encoder.js";
import { ResidualGenerator } from "../residual/generator.js";
import { checkAttention, type ResNetPlan, scaledPlan } from "../residual/plan.js";

/** D's width at 32 pixels in the papers: what `channels` is measured against. */
export const FULL_CHANNELS = 128;

const options = z.strictObject({
  channels: z
    .int()
    .min(2)
    .max(16_384)
    .multipleOf(2, "must be even")
    .default(FULL_CHANNELS)
    .describe("width of D at 32 pixels (G's is twice that there); every other width scales with it"),
  discriminatorChannels: z
    .int()
    .min(2)
    .max(16_384)
    .multipleOf(2, "must be even")
    .nullable()
    .default(null)
    .describe("as channels, of D alone; null: as channels"),
  range: z
    .enum(["signed", "unit"])
    .default("signed")
    .describe(
      "of the networks' pixels; signed: [-1, 1], tanh; unit: [0, 1], sigmoid (kwotsin/mimicry's dcgan_cifar)",
    ),
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
  localLayer: localLayerSetting,
  ...generatorNormOptions,
  generatorSpectralNorm: z
    .boolean()
    .default(false)
    .describe("of G's layers too, beside its batch norm (SAGAN)"),
  attention: z
    .int()
    .nullable()
    .default(null)
    .describe("side of the map, in G and in D, after which self-attention stands (SAGAN); null: none"),
  discriminatorAttention: z
    .int()
    .nullable()
    .default(null)
    .describe("where D's self-attention stands, if elsewhere than G's; null: as attention"),
  attentionForm: z
    .enum(["public", "printed"])
    .default("public")
    .describe(
      "of self-attention; printed: C/8 channels for all three maps, and no pooling, as in SAGAN's text",
    ),
});

type Options = z.output<typeof options>;

/** By side of the image; widths are those of the papers. Source: kwotsin/mimicry, which has them from pfnet-research/sngan_projection. */
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
export const resnetPlan = (shape: readonly number[], channels: number): ResNetPlan =>
  scaledPlan(RESNET_PLANS, shape, channels / FULL_CHANNELS);

class ResNetGenerator extends ResidualGenerator {
  constructor(
    { channels, upsampling, generatorSpectralNorm, attention, attentionForm, range, ...norms }: Options,
    request: NetRequest,
  ) {
    const { data, prior, classes } = request;
    const makers = normMakers(norms);
    super(request, {
      plan: resnetPlan(data.shape, channels),
      inputs: prior.size,
      norm:
        classes === undefined
          ? undefined
          : (features) => new ConditionalBatchNorm2d(features, classes, makers),
      norms,
      spectralNorm: generatorSpectralNorm,
      attention,
      attentionForm,
      upsampling,
      range,
    });
  }

  protected make(latent: Tensor, label: Tensor | undefined): Tensor {
    return this.image(latent, () => label);
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
  check: ({ channels, attention, discriminatorAttention, localLayer }, data) =>
    checkShape("resnet", RESNET_PLANS, data) ??
    checkLocalLayer(localLayer, resnetPlan(data.shape, channels).discriminator.length - 1) ??
    checkAttention(
      attention,
      data.shape[1]!,
      resnetPlan(data.shape, channels),
      discriminatorAttention ?? undefined,
    ),
  generator: (o, request) => new ResNetGenerator(o, request),
  discriminator: (
    { channels, discriminatorChannels, discriminatorNorm: norm, attention, discriminatorAttention, ...o },
    request,
  ) =>
    new ResNetDiscriminator(
      {
        ...o,
        norm,
        attention: discriminatorAttention ?? attention,
        ...resnetPlan(request.inputShape, discriminatorChannels ?? channels),
      },
      request,
    ),
  encoder: ({ channels }, request) => resnetEncoder(resnetPlan(request.data.shape, channels), request),
});
