import type { Tensor } from "../tensor.js";
import { LeakyReLU, ReLU } from "./activations.js";
import { BatchNorm } from "./batchNorm.js";
import { Layer, type Member } from "./module.js";

/** The slope below zero of an activation that a batch norm takes along; undefined for any other layer. */
function slopeOf(layer: Layer | undefined): number | undefined {
  if (layer instanceof LeakyReLU) return layer.negativeSlope;
  return layer instanceof ReLU ? 0 : undefined;
}

/**
 * Layers one after the other; a batch norm and the ReLU or LeakyReLU behind it at once. In a state they are `0`, `1`, ... as
 * in PyTorch.
 */
export class Sequential extends Layer {
  readonly layers: readonly Layer[];

  constructor(...layers: Layer[]) {
    super();
    this.layers = layers;
  }

  protected override *members(): Iterable<readonly [string, Member]> {
    for (const [name, member] of super.members()) yield [name.replace(/^layers\./, ""), member];
  }

  forward(input: Tensor): Tensor {
    let value = input;
    for (let i = 0; i < this.layers.length; i++) {
      const layer = this.layers[i] as Layer;
      const slope = layer instanceof BatchNorm ? slopeOf(this.layers[i + 1]) : undefined;
      if (layer instanceof BatchNorm && slope !== undefined) {
        value = layer.activated(value, slope);
        i++;
      } else value = layer.forward(value);
    }
    return value;
  }
}
