import { nn, scope, type Tensor, torch } from "@gantry/torch";
import { EqualizedLinear } from "../layers/equalized.js";

const EPSILON = 1e-8;
/** Of the mapping network's learning rate. */
const RATE = 0.01;

/**
 * Latents, N,L, and labels to intermediate latents w, N,W: a vector of L learned numbers for each class stands beside the
 * latent, both are scaled to a mean square of 1, and fully connected layers follow.
 * Source: Karras et al. 2019 (StyleGAN), section 2; NVlabs/stylegan, G_mapping.
 */
export class MappingNetwork extends nn.Module {
  readonly layers: readonly EqualizedLinear[];
  readonly label: nn.Embedding | undefined;

  constructor(latentSize: number, styleSize: number, layers: number, classes: number | undefined) {
    super();
    const inputs = classes === undefined ? latentSize : 2 * latentSize;
    this.layers = Array.from(
      { length: layers },
      (_, layer) => new EqualizedLinear(layer === 0 ? inputs : styleSize, styleSize, { rate: RATE }),
    );
    if (classes !== undefined) this.label = new nn.Embedding(classes, latentSize);
  }

  protected override *members(): Iterable<readonly [string, nn.Module]> {
    for (const [i, layer] of this.layers.entries()) yield [String(i), layer];
    if (this.label !== undefined) yield ["label", this.label];
  }

  forward(latent: Tensor, label: Tensor | undefined): Tensor {
    return scope(() => {
      const input = this.#beside(latent, label);
      let style = input.mul(input.square().mean([1], true).add(EPSILON).rsqrt());
      for (const layer of this.layers) style = layer.activated(style, 0.2);
      return style;
    });
  }

  #beside(latent: Tensor, label: Tensor | undefined): Tensor {
    if (this.label === undefined) return latent;
    if (label === undefined) throw new Error("a conditional network needs the labels of its samples");
    return torch.cat([latent, this.label.forward(label)], 1);
  }
}
