import { distributed, nn, scope, type Tensor, torch } from "@gantry/torch";
import { EqualizedLinear } from "./equalized.js";

const EPSILON = 1e-8;

/**
 * What stands behind every convolution of StyleGAN's G: noise, bias, LeakyReLU 0.2, instance norm, and the style's scale and
 * shift, N,C,H,W and N,W to N,C,H,W. In training noise is drawn anew, by LibTorch's default generator; in evaluation it is
 * one fixed image, so that the same latent makes the same image.
 * Source: Karras et al. 2019 (StyleGAN), figure 1 and equation 1; NVlabs/stylegan, layer_epilogue.
 */
export class StyleLayer extends nn.Module {
  /** How much of the noise each channel takes; starts at 0. */
  readonly noiseWeight: nn.Parameter;
  readonly bias: nn.Parameter;
  readonly style: EqualizedLinear;
  /** Of evaluation, 1,1,H,W. */
  readonly noise: nn.Buffer;

  /**
   * @param styleSize W
   * @param side H and W of the map
   */
  constructor(channels: number, styleSize: number, side: number) {
    super();
    this.noiseWeight = scope(() => nn.parameter(torch.zeros([channels])));
    this.bias = scope(() => nn.parameter(torch.zeros([channels])));
    this.style = new EqualizedLinear(styleSize, 2 * channels, { gain: 1 });
    this.noise = scope(() => nn.buffer(torch.randn([1, 1, side, side])));
  }

  forward(map: Tensor, style: Tensor): Tensor {
    return scope(() => {
      const [count = 0, channels = 0, height = 0, width = 0] = map.shape;
      const { dtype, device } = this.noise;
      const noise = this.training
        ? distributed.drawRows([count, 1, height, width], (all) => torch.randn(all, { dtype, device }))
        : this.noise;
      const places = (values: Tensor) => values.view([-1, channels, 1, 1]);
      const active = map
        .add(noise.mul(places(this.noiseWeight)))
        .add(places(this.bias))
        .leakyRelu_(0.2);
      const centred = active.sub(active.mean([2, 3], true));
      const deviation = centred.square().mean([2, 3], true).add(EPSILON).rsqrt();
      const [scale, shift] = this.style.forward(style).chunk(2, 1) as [Tensor, Tensor];
      return centred.mul(deviation.mul(places(scale.add(1)))).add(places(shift));
    });
  }
}
