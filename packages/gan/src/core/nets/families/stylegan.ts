import { nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { z } from "zod";
import { BodyEncoder, encodingSize } from "../bodyEncoder.js";
import { Discriminator, type FeatureShapes, type Features, Generator } from "../contract.js";
import { type DiscriminatorRequest, defineFamily, type EncoderRequest, type NetRequest } from "../family.js";
import { blur } from "../layers/blur.js";
import { EqualizedConv2d, EqualizedLinear } from "../layers/equalized.js";
import { JointHead } from "../layers/jointHead.js";
import { minibatchStandardDeviation } from "../layers/minibatchStandardDeviation.js";
import { StyleLayer } from "../layers/styleLayer.js";
import type { Prior } from "../prior.js";
import type { Sample } from "../sample.js";

const options = z.strictObject({
  channels: z
    .int()
    .min(4)
    .max(16_384)
    .default(512)
    .describe("most channels of a map; maps of 64 pixels have half as many, of 128 a quarter, and so on"),
  styleSize: z
    .int()
    .min(1)
    .max(65_536)
    .default(512)
    .describe("length of w, and width of the mapping network"),
  mappingLayers: z.int().min(1).max(64).default(8).describe("layers of the mapping network"),
  mixing: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe("how often, in training, the later layers take the style of other latents"),
});

type Options = z.output<typeof options>;

const BASE = 4;
const EPSILON = 1e-8;
/** Of the mapping network's learning rate. */
const MAPPING_RATE = 0.01;
/** What each pass keeps of the mean of w. */
const MEAN_DECAY = 0.995;
/** Layers, from the first, that `psi` brings closer to the mean. */
const TRUNCATED_LAYERS = 8;

/** Sides of the maps, from 4 to the image's. */
const sidesOf = (shape: readonly number[]): number[] => {
  const sides = [BASE];
  while (sides.at(-1)! < shape[1]!) sides.push(sides.at(-1)! * 2);
  return sides;
};

/** Channels of maps of a side in G, and of what D makes of them: as many at 4 as at 32 pixels. */
const widthAt = (side: number, channels: number) => Math.min(channels, Math.floor((32 * channels) / side));

class StyleGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override psi = 1;
  readonly mapping: readonly EqualizedLinear[];
  readonly constant: nn.Parameter;
  /** All but the first layer's; every second doubles the size. */
  readonly convolutions: readonly EqualizedConv2d[];
  readonly layers: readonly StyleLayer[];
  readonly toImage: EqualizedConv2d;
  /** The running mean of w. */
  readonly meanStyle: nn.Buffer;
  readonly #mixing: number;
  readonly #upsample = new nn.Upsample();

  constructor({ channels, styleSize, mappingLayers, mixing }: Options, { data, prior }: NetRequest) {
    super();
    this.prior = prior;
    this.outputShape = data.shape;
    this.#mixing = mixing;
    this.mapping = Array.from(
      { length: mappingLayers },
      (_, layer) =>
        new EqualizedLinear(layer === 0 ? prior.size : styleSize, styleSize, { rate: MAPPING_RATE }),
    );
    const sides = sidesOf(data.shape);
    const width = (side: number) => widthAt(side, channels);
    this.constant = scope(() => nn.parameter(torch.ones([1, width(BASE), BASE, BASE])));
    const convolution = (inputs: number, outputs: number) =>
      new EqualizedConv2d(inputs, outputs, { kernelSize: 3, bias: false });
    this.convolutions = sides.flatMap((side, i) => [
      ...(i === 0 ? [] : [convolution(width(side / 2), width(side))]),
      convolution(width(side), width(side)),
    ]);
    this.layers = sides.flatMap((side) => [0, 1].map(() => new StyleLayer(width(side), styleSize, side)));
    const last = width(data.shape[1]!);
    this.toImage = new EqualizedConv2d(last, data.shape[0]!, { kernelSize: 1, gain: 1 });
    this.meanStyle = scope(() => nn.buffer(torch.zeros([styleSize])));
  }

  forward(latent: Tensor): Tensor {
    const styles = this.#styles(latent);
    let map = this.layers[0]!.forward(
      this.constant.expand([latent.size(0), -1, -1, -1]).contiguous({ memoryFormat: "channelsLast" }),
      styles[0]!,
    );
    for (const [i, convolution] of this.convolutions.entries()) {
      const layer = this.layers[i + 1]!;
      const input = map;
      map = scope(() => {
        const made =
          i % 2 === 1
            ? blur(nn.upsampledConvolution(this.#upsample, convolution, input))
            : convolution.forward(input);
        return layer.forward(made, styles[i + 1]!);
      });
    }
    const image = this.toImage.forward(map);
    // Nothing bounds it; a bound in training would keep gradients from what is beyond.
    return this.training ? image : image.clamp(-1, 1);
  }

  /** N,W for every layer. */
  #styles(latent: Tensor): Tensor[] {
    const style = this.#map(latent);
    const count = this.layers.length;
    if (!this.training) {
      const { meanStyle, psi } = this;
      const close = psi === 1 ? style : meanStyle.add(style.sub(meanStyle).mul(psi));
      return Array.from({ length: count }, (_, layer) => (layer < TRUNCATED_LAYERS ? close : style));
    }
    scope(() =>
      noGrad(() => {
        const mean = style.detach().to({ dtype: this.meanStyle.dtype }).mean([0]);
        this.meanStyle.copy_(this.meanStyle.mul(MEAN_DECAY).add(mean.mul(1 - MEAN_DECAY)));
      }),
    );
    // Both are drawn on the processor whatever the device, so that nothing waits for it.
    const mixes = scope(() => torch.rand([]).item()) < this.#mixing;
    if (!mixes) return Array<Tensor>(count).fill(style);
    const cut = scope(() => torch.randint(1, count, [], { dtype: "int64" }).item());
    const other = this.#map(this.prior.sample(latent.size(0), undefined, latent.device));
    return Array.from({ length: count }, (_, layer) => (layer < cut ? style : other));
  }

  #map(latent: Tensor): Tensor {
    return scope(() => {
      let style = latent.mul(latent.square().mean([1], true).add(EPSILON).rsqrt());
      for (const layer of this.mapping) style = layer.activated(style, 0.2);
      return style;
    });
  }
}

/** What D and E share: from the image to maps of 4x4. */
class StyleBody extends nn.Layer {
  readonly fromImage: EqualizedConv2d;
  /** Pairs: one that keeps the size and one that halves it. */
  readonly convolutions: readonly EqualizedConv2d[];

  constructor(shape: readonly number[], channels: number) {
    super();
    const sides = sidesOf(shape).slice(1).reverse();
    const width = (side: number) => widthAt(side, channels);
    this.fromImage = new EqualizedConv2d(shape[0]!, width(shape[1]!), { kernelSize: 1 });
    this.convolutions = sides.flatMap((side) =>
      [width(side), width(side / 2)].map(
        (outputs) => new EqualizedConv2d(width(side), outputs, { kernelSize: 3 }),
      ),
    );
  }

  forward(image: Tensor): Tensor {
    let map = this.fromImage.activated(image, 0.2);
    for (const [i, convolution] of this.convolutions.entries()) {
      const input = map;
      map = scope(() =>
        i % 2 === 0
          ? convolution.activated(input, 0.2)
          : nn.pooledConvolution(convolution, blur(input)).leakyRelu_(0.2),
      );
    }
    return map;
  }
}

class StyleDiscriminator extends Discriminator {
  readonly inputShape: readonly number[];
  readonly featureShapes: FeatureShapes;
  readonly body: StyleBody;
  readonly convolution: EqualizedConv2d;
  readonly hidden: EqualizedLinear;
  readonly joint: JointHead | undefined;
  readonly last: EqualizedLinear;
  override readonly coupled = "the discriminator's minibatch standard deviation";

  constructor({ channels }: Options, { inputShape, latentSize }: DiscriminatorRequest) {
    super();
    this.inputShape = inputShape;
    this.body = new StyleBody(inputShape, channels);
    const width = widthAt(BASE, channels);
    this.convolution = new EqualizedConv2d(width + 1, width, { kernelSize: 3 });
    this.hidden = new EqualizedLinear(width * BASE * BASE, width);
    if (latentSize > 0) this.joint = new JointHead(width, latentSize, width);
    this.last = new EqualizedLinear(width, 1, { gain: 1 });
    this.featureShapes = { local: [width, BASE, BASE], global: width };
  }

  features({ image, latent }: Sample): Features {
    const local = this.body.forward(image);
    const map = this.convolution.activated(minibatchStandardDeviation(local), 0.2);
    const global = this.hidden.activated(map.flatten(1), 0.2);
    return { local, global: this.joint?.forward(global, latent) ?? global };
  }

  protected verdict({ global }: Features): Tensor {
    return this.last.forward(global).squeezeAt(1);
  }
}

/** D's mirror; there is none in the source. */
const encoderBody = ({ channels }: Options, request: EncoderRequest) =>
  new nn.Sequential(
    new StyleBody(request.data.shape, channels),
    new nn.Flatten(),
    new EqualizedLinear(widthAt(BASE, channels) * BASE * BASE, encodingSize(request), { gain: 1 }),
  );

const isPowerOfTwo = (side: number) => Number.isInteger(Math.log2(side));

/** StyleGAN's networks, the first version's, at one size from the beginning (its code's structure 'fixed'). */
export default defineFamily({
  name: "stylegan",
  summary: "a mapping network, styles and noise for every layer of G, 8 pixels and more by powers of two",
  source: "Karras et al. 2019 (StyleGAN); NVlabs/stylegan, training/networks_stylegan.py",
  conditional: false,
  lacks: {
    generatorNorm:
      "stylegan's G normalises every map of every image by itself, so images of a batch know nothing of each other as it is; leave it out",
  },
  options,
  check({ channels }, data) {
    const [, height = 0, width] = data.shape;
    if (data.kind !== "images" || height !== width || height < 8 || !isPowerOfTwo(height))
      return `the stylegan networks are for square images of 8, 16, 32, 64, ... pixels, not [${data.shape}]; set data.size`;
    if (widthAt(height, channels) > 0) return undefined;
    return `net.channels=${channels} leaves no channel at ${height} pixels; take ${height / 32} or more`;
  },
  suits({ mixing }, { encodes, coded }) {
    if (mixing === 0 || !(encodes || coded)) return undefined;
    return `net.mixing: later layers take the style of other latents, and here images must be of ${encodes ? "the latent that an encoder finds" : "their codes"}; set net.mixing=0`;
  },
  generator: (o, request) => new StyleGenerator(o, request),
  discriminator: (o, request) => new StyleDiscriminator(o, request),
  encoder: (o, request) => new BodyEncoder(request, encoderBody(o, request)),
});
