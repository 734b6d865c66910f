import { nn, type Tensor } from "@gantry/torch";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import type { DiscriminatorRequest } from "../family.js";
import { type BlockNorm, DBlock, type ShortcutActivation } from "../layers/dBlock.js";
import { JointHead } from "../layers/jointHead.js";
import { OptimizedDBlock } from "../layers/optimizedDBlock.js";
import { type AttentionForm, SelfAttention } from "../layers/selfAttention.js";
import { xavierLinear } from "../layers/xavier.js";
import type { Sample } from "../sample.js";
import { blockBefore, type ResNetBody, sidesInD } from "./plan.js";

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
  /** Default public. */
  readonly attentionForm?: AttentionForm;
  /** Which map local features are, counted back from what the last block makes. Default 1. */
  readonly localLayer?: number;
  /** Of the pixels its layers see: default signed, [-1, 1] as they come; unit, [0, 1]. */
  readonly range?: "signed" | "unit";
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
  readonly #unit: boolean;
  readonly #pooling: "sum" | "mean";
  /** The block behind which attention stands. */
  readonly #attended: number;
  /** The block that makes the local features. */
  readonly #looked: number;

  constructor(o: ResNetDiscriminatorOptions, { inputShape, latentSize, classes }: DiscriminatorRequest) {
    super();
    const {
      shortcutActivation = "preactivated",
      norm = "spectral",
      pooling = "sum",
      wide = false,
      attention = null,
      localLayer = 1,
    } = o;
    this.inputShape = inputShape;
    this.#public = shortcutActivation === "public";
    this.#pooling = pooling;
    this.#unit = o.range === "unit";
    const { discriminator: widths, halvings } = o;
    const spectralNorm = norm === "spectral";
    this.blocks = widths.map((width, block) => {
      if (block === 0) return new OptimizedDBlock(inputShape[0]!, width, norm);
      const before = widths[block - 1]!;
      const hidden = wide ? width : before;
      return new DBlock(before, width, { downsample: block < halvings, norm, shortcutActivation, hidden });
    });
    this.#attended = blockBefore(sidesInD(inputShape[1]!, o), attention);
    if (this.#attended >= 0)
      this.attention = new SelfAttention(widths[this.#attended]!, { spectralNorm, form: o.attentionForm });
    const width = widths.at(-1)!;
    if (latentSize > 0) this.joint = new JointHead(width, latentSize, width, { spectralNorm });
    this.last = xavierLinear(width, 1, { spectralNorm, bias: o.bias });
    if (classes !== undefined) {
      this.embedding = new nn.Embedding(classes, width, { spectralNorm });
      nn.init.xavierUniform_(this.embedding.weight);
    }
    this.#looked = widths.length - 1 - localLayer;
    const side = sidesInD(inputShape[1]!, o)[this.#looked]!;
    this.featureShapes = { local: [widths[this.#looked]!, side, side], global: width };
  }

  features({ image, latent }: Sample): Features {
    let map = this.#unit ? image.add(1).div(2) : image;
    let local: Tensor | undefined;
    for (const [i, block] of this.blocks.slice(0, -1).entries()) {
      map = block.forward(map);
      if (i === this.#attended) map = this.attention!.forward(map);
      if (i === this.#looked && i < this.blocks.length - 2) local = this.#seen(map);
    }
    const before = this.#seen(map);
    local ??= before;
    const final = this.blocks.at(-1)!.forward(before).relu();
    const pooled = this.#pooling === "sum" ? final.sum([2, 3]) : final.mean([2, 3]);
    return { local, global: this.joint?.forward(pooled, latent) ?? pooled };
  }

  /** A map as the next block leaves it behind: in the public code its ReLU is in place. */
  #seen(map: Tensor): Tensor {
    return this.#public ? map.relu() : map;
  }

  protected verdict({ global }: Features, { label }: Sample): Tensor {
    const score = this.last.forward(global).squeezeAt(1);
    if (this.embedding === undefined) return score;
    if (label === undefined)
      throw new Error("a conditional discriminator needs the labels of what it judges");
    return score.add(this.embedding.forward(label).mul(global).sum([1]));
  }
}
