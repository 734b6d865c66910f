import { type nn, type Tensor, torch } from "@gantry/torch";
import { Generator } from "../contract.js";
import type { NetRequest } from "../family.js";
import { type ConditionalNorm, GBlock } from "../layers/gBlock.js";
import {
  besideReference,
  drawReference,
  drawReferenceLabels,
  type GeneratorNormOptions,
  normMakers,
  type PlainNorm,
} from "../layers/generatorNorm.js";
import { type AttentionForm, SelfAttention } from "../layers/selfAttention.js";
import { xavierConv2d, xavierLinear } from "../layers/xavier.js";
import type { Prior } from "../prior.js";
import { blockBefore, type ResNetPlan, sidesInG } from "./plan.js";

export interface ResidualGeneratorOptions {
  readonly plan: ResNetPlan;
  /** How many numbers the first map is made of. */
  readonly inputs: number;
  /** Makes every block's norms, of so many features; undefined for plain batch norm. */
  readonly norm: ((features: number) => ConditionalNorm) | undefined;
  /** Of the last norm, and of the blocks' where those are plain. */
  readonly norms: GeneratorNormOptions;
  readonly spectralNorm: boolean;
  /** Side of the map after which self-attention stands; null for none. */
  readonly attention: number | null;
  /** Default public. */
  readonly attentionForm?: AttentionForm;
  /** Default nearest. */
  readonly upsampling?: "nearest" | "bilinear" | undefined;
  /** Of the pixels it computes, before they become [-1, 1]: default signed, by tanh; unit, [0, 1] by a sigmoid. */
  readonly range?: "signed" | "unit";
}

/** A linear layer, residual blocks that double the size, batch norm, ReLU, a convolution, tanh or a sigmoid. */
export abstract class ResidualGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override readonly classes: number | undefined;
  readonly linear: nn.Linear;
  readonly blocks: readonly GBlock[];
  readonly attention: SelfAttention | undefined;
  readonly norm: PlainNorm;
  /** Of virtual batch norm: the reference batch of latents, and its classes where there are any, drawn once. */
  readonly reference: nn.Buffer | undefined;
  readonly referenceLabel: nn.Buffer | undefined;
  readonly conv: nn.Conv2d;
  readonly #base: readonly [channels: number, height: number, width: number];
  /** The block behind which attention stands. */
  readonly #attended: number;
  readonly #unit: boolean;

  constructor({ data, prior, classes }: NetRequest, options: ResidualGeneratorOptions) {
    super();
    this.#unit = options.range === "unit";
    const makers = normMakers(options.norms);
    const { plan, inputs, norm = makers.map, spectralNorm, attention, upsampling } = options;
    this.prior = prior;
    this.outputShape = data.shape;
    this.classes = classes;
    const { base, generator: widths } = plan;
    this.#base = [widths[0]!, base, base];
    this.linear = xavierLinear(inputs, widths[0]! * base * base, { spectralNorm });
    this.blocks = widths
      .slice(1)
      .map((width, block) => new GBlock(widths[block]!, width, { upsampling, norm, spectralNorm }));
    this.#attended = blockBefore(sidesInG(plan), attention);
    if (this.#attended >= 0)
      this.attention = new SelfAttention(widths[this.#attended + 1]!, {
        spectralNorm,
        form: options.attentionForm,
      });
    this.norm = makers.map(widths.at(-1)!);
    this.conv = xavierConv2d(widths.at(-1)!, data.shape[0]!, { kernelSize: 3, spectralNorm });
    this.reference = drawReference(options.norms, prior, undefined);
    this.referenceLabel = drawReferenceLabels(options.norms, classes);
  }

  /** What a generator makes of latents N,L and labels. */
  protected abstract make(latent: Tensor, label: Tensor | undefined): Tensor;

  forward(latent: Tensor, label?: Tensor): Tensor {
    const { referenceLabel, classes } = this;
    if (classes !== undefined && label === undefined)
      throw new Error("a conditional generator needs the labels of what it makes");
    const labels = classes === undefined ? undefined : label;
    return besideReference(this.reference, latent, (all) =>
      this.make(
        all,
        labels !== undefined && referenceLabel !== undefined
          ? torch.cat([referenceLabel, labels], 0)
          : labels,
      ),
    );
  }

  /**
   * @param input N,inputs
   * @param condition what the norms of a block follow, where they follow anything
   */
  protected image(input: Tensor, condition: (block: number) => Tensor | undefined): Tensor {
    let map = this.linear
      .forward(input)
      .view([-1, ...this.#base])
      .contiguous({ memoryFormat: "channelsLast" });
    for (const [i, block] of this.blocks.entries()) {
      map = block.forward(map, condition(i));
      if (i === this.#attended) map = this.attention!.forward(map);
    }
    const pixels = this.conv.forward(this.norm.activated(map, 0));
    return this.#unit ? pixels.sigmoid().mul(2).sub(1) : pixels.tanh();
  }
}
