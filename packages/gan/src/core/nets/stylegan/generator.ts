import { distributed, nn, noGrad, scope, type Tensor, torch } from "@gantry/torch";
import { Generator } from "../contract.js";
import type { NetRequest } from "../family.js";
import { blend, enlarged, Growth, standing } from "../growing.js";
import { blur } from "../layers/blur.js";
import { EqualizedConv2d } from "../layers/equalized.js";
import { StyleLayer } from "../layers/styleLayer.js";
import type { Prior } from "../prior.js";
import { MappingNetwork } from "./mapping.js";
import { BASE, type StyleOptions, sidesOf, smallSides, widthAt } from "./plan.js";

/** What each pass keeps of the mean of w. */
const MEAN_DECAY = 0.995;
/** Layers, from the first, that `psi` brings closer to the mean. */
const TRUNCATED_LAYERS = 8;

/** Latents to w by a mapping network, and w to an image, layer by layer. Source: Karras et al. 2019 (StyleGAN), section 2. */
export class StyleGenerator extends Generator {
  readonly prior: Prior;
  readonly outputShape: readonly number[];
  override readonly classes: number | undefined;
  override psi = 1;
  readonly mapping: MappingNetwork;
  readonly constant: nn.Parameter;
  /** All but the first layer's; every second doubles the size. */
  readonly convolutions: readonly EqualizedConv2d[];
  readonly layers: readonly StyleLayer[];
  readonly toImage: EqualizedConv2d;
  /** The running mean of w. */
  readonly meanStyle: nn.Buffer;
  /** Of a generator that grows: to the images of all sides but the last, from the first one. */
  readonly toSmallImage: readonly EqualizedConv2d[];
  readonly growth: Growth | undefined;
  readonly #mixing: number;
  readonly #sides: readonly number[];
  readonly #upsample = new nn.Upsample();

  constructor({ channels, styleSize, mappingLayers, mixing }: StyleOptions, request: NetRequest) {
    super();
    const { data, prior, classes, growing } = request;
    this.prior = prior;
    this.outputShape = data.shape;
    this.classes = classes;
    this.#mixing = mixing;
    this.mapping = new MappingNetwork(prior.size, styleSize, mappingLayers, classes);
    const sides = sidesOf(data.shape);
    this.#sides = sides;
    const width = (side: number) => widthAt(side, channels);
    this.constant = scope(() => nn.parameter(torch.ones([1, width(BASE), BASE, BASE])));
    const convolution = (inputs: number, outputs: number) =>
      new EqualizedConv2d(inputs, outputs, { kernelSize: 3, bias: false });
    this.convolutions = sides.flatMap((side, i) => [
      ...(i === 0 ? [] : [convolution(width(side / 2), width(side))]),
      convolution(width(side), width(side)),
    ]);
    this.layers = sides.flatMap((side) => [0, 1].map(() => new StyleLayer(width(side), styleSize, side)));
    const toImage = (side: number) =>
      new EqualizedConv2d(width(side), data.shape[0]!, { kernelSize: 1, gain: 1 });
    this.toImage = toImage(data.shape[1]!);
    this.meanStyle = scope(() => nn.buffer(torch.zeros([styleSize])));
    this.toSmallImage = smallSides(sides, growing).map(toImage);
    if (growing !== undefined) this.growth = new Growth();
  }

  override get styleSides(): readonly number[] {
    const { halvings } = standing(this.growth);
    return this.#sides.slice(0, this.#sides.length - halvings).flatMap((side) => [side, side]);
  }

  forward(latent: Tensor, label?: Tensor): Tensor {
    return this.#synthesize(this.#styles(latent, label));
  }

  override mixed(latent: Tensor, source: Tensor, takes: (layer: number) => boolean, label?: Tensor): Tensor {
    const [own, others] = [this.#styles(latent, label), this.#styles(source, label)];
    return this.#synthesize(own.map((style, layer) => (takes(layer) ? others[layer]! : style)));
  }

  /** @param styles N,W for every layer */
  #synthesize(styles: readonly Tensor[]): Tensor {
    const { halvings, share } = standing(this.growth);
    const stages = this.#sides.length - halvings;
    const first = styles[0] as Tensor;
    let map = this.layers[0]!.forward(
      this.constant.expand([first.size(0), -1, -1, -1]).contiguous({ memoryFormat: "channelsLast" }),
      first,
    );
    let smaller = map;
    for (const [i, convolution] of this.convolutions.slice(0, 2 * stages - 1).entries()) {
      const layer = this.layers[i + 1]!;
      const input = map;
      if (i % 2 === 1) smaller = map;
      map = scope(() => {
        const made =
          i % 2 === 1
            ? blur(nn.upsampledConvolution(this.#upsample, convolution, input))
            : convolution.forward(input);
        return layer.forward(made, styles[i + 1]!);
      });
    }
    let image = this.#imageOf(stages - 1, map);
    if (share > 0) image = blend(image, enlarged(this.#imageOf(stages - 2, smaller), 1), share);
    image = enlarged(image, halvings);
    // Nothing bounds it; a bound in training would keep gradients from what is beyond.
    return this.training ? image : image.clamp(-1, 1);
  }

  #imageOf(stage: number, map: Tensor): Tensor {
    const small = this.toSmallImage;
    return (small[stage - (this.#sides.length - 1 - small.length)] ?? this.toImage).forward(map);
  }

  /** N,W for every layer. */
  #styles(latent: Tensor, label: Tensor | undefined): Tensor[] {
    const style = this.mapping.forward(latent, label);
    const count = this.layers.length;
    if (!this.training) {
      const { meanStyle, psi } = this;
      const close = psi === 1 ? style : meanStyle.add(style.sub(meanStyle).mul(psi));
      return Array.from({ length: count }, (_, layer) => (layer < TRUNCATED_LAYERS ? close : style));
    }
    scope(() =>
      noGrad(() => {
        const mean = distributed.meanOfRanks(style.detach().to({ dtype: this.meanStyle.dtype }).mean([0]));
        this.meanStyle.copy_(this.meanStyle.mul(MEAN_DECAY).add(mean.mul(1 - MEAN_DECAY)));
      }),
    );
    // Both are drawn on the processor whatever the device, so that nothing waits for it.
    const mixes = scope(() => torch.rand([]).item()) < this.#mixing;
    if (!mixes) return Array<Tensor>(count).fill(style);
    const grown = count - 2 * standing(this.growth).halvings;
    const cut = scope(() => torch.randint(1, grown, [], { dtype: "int64" }).item());
    const other = this.mapping.forward(this.prior.sample(latent.size(0), undefined, latent.device), label);
    return Array.from({ length: count }, (_, layer) => (layer < cut ? style : other));
  }
}
