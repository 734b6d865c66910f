import { nn, scope, type Tensor } from "@gantry/torch";
import { Discriminator, type FeatureShapes, type Features } from "../contract.js";
import type { DiscriminatorRequest } from "../family.js";
import { blend, Growth, shrunk, standing } from "../growing.js";
import { blur } from "../layers/blur.js";
import { EqualizedConv2d, EqualizedLinear } from "../layers/equalized.js";
import { JointHead } from "../layers/jointHead.js";
import { minibatchStandardDeviation } from "../layers/minibatchStandardDeviation.js";
import type { Sample } from "../sample.js";
import { BASE, type StyleOptions, sidesOf, smallSides, widthAt } from "./plan.js";

/** What D and E share: from the image to maps of 4x4. */
export class StyleBody extends nn.Layer {
  readonly fromImage: EqualizedConv2d;
  /** Pairs: one that keeps the size and one that halves it. */
  readonly convolutions: readonly EqualizedConv2d[];
  /** Of a network that grows: from the images of all sides but the last, from the first one. */
  readonly fromSmallImage: readonly EqualizedConv2d[];
  readonly growth: Growth | undefined;

  constructor(shape: readonly number[], channels: number, growing: number | undefined) {
    super();
    const all = sidesOf(shape);
    const sides = all.slice(1).reverse();
    const width = (side: number) => widthAt(side, channels);
    const fromImage = (side: number) => new EqualizedConv2d(shape[0]!, width(side), { kernelSize: 1 });
    this.fromImage = fromImage(shape[1]!);
    this.convolutions = sides.flatMap((side) =>
      [width(side), width(side / 2)].map(
        (outputs) => new EqualizedConv2d(width(side), outputs, { kernelSize: 3 }),
      ),
    );
    this.fromSmallImage = smallSides(all, growing).map(fromImage);
    if (growing !== undefined) this.growth = new Growth();
  }

  forward(image: Tensor): Tensor {
    const { halvings, share } = standing(this.growth);
    const stages = this.convolutions.length / 2;
    const seen = shrunk(image, halvings);
    let map = this.#mapOf(stages - halvings, seen);
    for (const [i, convolution] of this.convolutions.entries()) {
      if (i < 2 * halvings) continue;
      const input = map;
      map = scope(() =>
        i % 2 === 0
          ? convolution.activated(input, 0.2)
          : nn.pooledConvolution(convolution, blur(input)).leakyRelu_(0.2),
      );
      if (share > 0 && i === 2 * halvings + 1)
        map = blend(map, this.#mapOf(stages - halvings - 1, shrunk(seen, 1)), share);
    }
    return map;
  }

  #mapOf(stage: number, image: Tensor): Tensor {
    const small = this.fromSmallImage;
    const first = this.convolutions.length / 2 - small.length;
    return (small[stage - first] ?? this.fromImage).activated(image, 0.2);
  }
}

/**
 * The body, the deviation within the minibatch, and two layers. With labels the score is a projection's too: with h the last
 * layer's input of F numbers and e a class's learned vector, + h . e / sqrt(F).
 * Source: Karras et al. 2019 (StyleGAN), NVlabs/stylegan, D_basic, whose last layer has an output for each class (the same
 * function, with a bias for each); Miyato, Koyama 2018, equation 3; the factor as in NVlabs/stylegan2-ada-pytorch.
 */
export class StyleDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly body: StyleBody;
  readonly convolution: EqualizedConv2d;
  readonly hidden: EqualizedLinear;
  readonly joint: JointHead | undefined;
  readonly last: EqualizedLinear;
  readonly label: nn.Embedding | undefined;
  override readonly coupled = "the discriminator's minibatch standard deviation";

  constructor({ channels }: StyleOptions, request: DiscriminatorRequest) {
    super();
    const { inputShape, latentSize, classes, growing } = request;
    this.inputShape = inputShape;
    this.body = new StyleBody(inputShape, channels, growing);
    const width = widthAt(BASE, channels);
    this.convolution = new EqualizedConv2d(width + 1, width, { kernelSize: 3 });
    this.hidden = new EqualizedLinear(width * BASE * BASE, width);
    if (latentSize > 0) this.joint = new JointHead(width, latentSize, width);
    this.last = new EqualizedLinear(width, 1, { gain: 1 });
    if (classes !== undefined) this.label = new nn.Embedding(classes, width);
    this.featureShapes = { local: [width, BASE, BASE], global: width };
  }

  features({ image, latent }: Sample): Features {
    const local = this.body.forward(image);
    const map = this.convolution.activated(minibatchStandardDeviation(local), 0.2);
    const global = this.hidden.activated(map.flatten(1), 0.2);
    return { local, global: this.joint?.forward(global, latent) ?? global };
  }

  protected verdict({ global }: Features, { label }: Sample): Tensor {
    const score = this.last.forward(global).squeezeAt(1);
    if (this.label === undefined) return score;
    if (label === undefined) throw new Error("a conditional network needs the labels of its samples");
    const projection = global.mul(this.label.forward(label)).sum([1]);
    return score.add(projection.div(Math.sqrt(this.featureShapes.global)));
  }
}
